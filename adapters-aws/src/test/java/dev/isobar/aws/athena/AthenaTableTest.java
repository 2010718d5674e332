package dev.isobar.aws.athena;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.TableDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A table as Athena sees it")
class AthenaTableTest {
    private static final Schema SCHEMA = Schema.of(
            Field.required("Key", FieldType.STRING),
            Field.optional("local time", FieldType.LOCAL_TIMESTAMP),
            Field.optional("local_time_1", FieldType.INT32),
            Field.optional("ä", FieldType.TIMESTAMP));

    private static AthenaTable table(String name, String incarnation) {
        return new AthenaTable("isobar", name, SCHEMA, incarnation, "s3://bucket/x/");
    }

    @Test
    @DisplayName("has names that the catalog takes, each once, and no two tables have one name")
    void names() {
        assertThat(table("a/b", "1").layout().names()).containsExactly("key", "local_time_1", "local_time_1_", "__3");
        assertThat(List.of(
                        table("a/b", "1").name(),
                        table("a_b", "1").name(),
                        table("A/b", "1").name(),
                        table("a/b", "2").name()))
                .doesNotHaveDuplicates()
                .allMatch(n -> n.matches("a_b_[0-9a-f]{16}"));
        assertThat(table("x".repeat(500), "1").name()).hasSizeLessThan(255);
    }

    @Test
    @DisplayName("keeps times as whole numbers, which Athena reads exactly")
    void types() {
        assertThat(table("t", "1").createTable())
                .contains("(`key` string, `local_time_1` bigint, `local_time_1_` int, `__3` bigint) STORED AS PARQUET"
                        + " LOCATION 's3://bucket/x/'");
    }

    @Test
    @DisplayName("is asked for many parts by several statements, none too long and none twice")
    void statements() {
        AthenaTable table = table("t", "1");
        List<String> paths = IntStream.range(0, 3_000)
                .mapToObj(i -> table.path("part=" + "x".repeat(200) + i + ".parquet"))
                .toList();
        List<List<String>> statements = AthenaOfflineStore.statements(paths);
        assertThat(statements.stream().flatMap(List::stream)).containsExactlyElementsOf(paths);
        assertThat(statements)
                .hasSizeGreaterThan(2)
                .allSatisfy(some -> assertThat(table.unload(some, table.range(1, 0, 1), "s3://bucket/out/")
                                .getBytes(StandardCharsets.UTF_8))
                        .hasSizeLessThanOrEqualTo(AthenaQueries.MAX_STATEMENT));
        assertThat(AthenaOfflineStore.statements(paths.subList(0, 1))).hasSize(1);
    }

    @Test
    @DisplayName("is what an object says, in the form that it always had")
    void file() throws IOException {
        String form = "{\"incarnation\":\"1\",\"columns\":[{\"name\":\"n\",\"type\":\"INT64\",\"nullable\":false},"
                + "{\"name\":\"at\",\"type\":\"TIMESTAMP\",\"nullable\":true}],\"order\":[\"n\"],"
                + "\"parts\":{\"p\":{\"file\":\"f\",\"rows\":2,\"bytes\":3}}}";
        JsonMapper json = JsonMapper.builder().build();
        TableDefinition definition = new TableDefinition(
                "t",
                Schema.of(Field.required("n", FieldType.INT64), Field.optional("at", FieldType.TIMESTAMP)),
                List.of("n"));
        TableFile file = TableFile.of(definition, "1").with("p", new TableFile.PartFile("f", 2, 3));
        assertThat(json.writeValueAsString(file)).isEqualTo(form);
        assertThat(json.readValue(form, TableFile.class)).isEqualTo(file);
        assertThat(file.definition("t")).isEqualTo(definition);
    }

    @Test
    @DisplayName("compares no column with what it cannot hold")
    void ranges() {
        AthenaTable table = table("t", "1");
        assertThat(table.range(2, Long.MIN_VALUE, Long.MAX_VALUE))
                .isEqualTo("\"local_time_1_\" IS NOT NULL AND TRUE AND TRUE");
        assertThat(table.range(2, Long.MAX_VALUE, Long.MAX_VALUE))
                .isEqualTo("\"local_time_1_\" IS NOT NULL AND FALSE AND TRUE");
        assertThat(table.range(1, Long.MIN_VALUE, 5))
                .isEqualTo(
                        "\"local_time_1\" IS NOT NULL AND \"local_time_1\" >= (-9223372036854775807 - 1) AND \"local_time_1\" < 5");
    }
}
