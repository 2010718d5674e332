package dev.isobar.local.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.local.file.LocalHome;
import dev.isobar.parquet.DuckDb;
import dev.isobar.parquet.Layout;
import dev.isobar.parquet.ParquetPartWriter;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.Range;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.OfflineStore.TableDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A part, written and read through DuckDB")
class ParquetPartWriterTest {
    private static final Schema SCHEMA = Schema.of(
            Field.required("n", FieldType.INT64),
            Field.optional("text", FieldType.STRING),
            Field.optional("small", FieldType.INT32),
            Field.optional("real", FieldType.FLOAT64),
            Field.optional("flag", FieldType.BOOL),
            Field.optional("instant", FieldType.TIMESTAMP),
            Field.optional("local", FieldType.LOCAL_TIMESTAMP),
            Field.optional("never", FieldType.STRING),
            Field.required("sure", FieldType.BOOL));

    /** As many rows as go to DuckDB at once. */
    private static final int BLOCK = 2_048;

    @TempDir
    Path home;

    private LocalOfflineStore store;

    @BeforeEach
    void open() {
        store = new LocalOfflineStore(new LocalHome("local", home), 256, 1);
        store.create(new TableDefinition("t", SCHEMA, List.of("n")));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private List<Row> write(int rows, long seed) {
        Random random = new Random(seed);
        List<Row> written = new ArrayList<>();
        try (PartWriter part = store.write("t", "p")) {
            for (int i = 0; i < rows; i++) {
                Row row = new Row(SCHEMA).setWord(0, i).setWord(8, random.nextInt(2));
                if (random.nextInt(3) > 0) {
                    row.setText(1, "ä".repeat(random.nextInt(4)) + i);
                }
                if (random.nextBoolean()) {
                    row.setWord(2, random.nextInt());
                }
                if (random.nextInt(5) > 0) {
                    row.setFloat64(3, random.nextInt(4) == 0 ? -0.0 : random.nextGaussian());
                }
                if (random.nextBoolean()) {
                    row.setWord(4, random.nextInt(2));
                }
                if (random.nextBoolean()) {
                    row.setWord(5, random.nextLong() >> 8).setWord(6, random.nextLong() >> 8);
                }
                part.append(row);
                written.add(row);
            }
            assertThat(part.commit().rows()).isEqualTo(rows);
        }
        return written;
    }

    private List<Row> read(ScanRequest request) {
        List<Row> rows = new ArrayList<>();
        Row row = new Row(SCHEMA);
        try (RowCursor cursor = store.scan(request)) {
            while (cursor.next(row)) {
                rows.add(row.copy());
            }
        }
        return rows;
    }

    @Test
    @DisplayName("gives back every value and every null of every type, over several row groups")
    void roundTrip() {
        long seed = System.nanoTime();
        System.out.println("ParquetPartWriterTest seed " + seed);

        List<Row> written = write(300_001, seed);

        assertThat(read(ScanRequest.ordered("t"))).isEqualTo(written);
        assertThat(store.describe("t").orElseThrow().rows()).isEqualTo(written.size());
    }

    @Test
    @DisplayName("says the bounds of its row groups truly: a range finds all of its rows and no other")
    void ranges() {
        List<Row> written = write(250_000, 1);

        assertThat(read(new ScanRequest("t", null, new Range("n", 122_879, 122_882), true)))
                .isEqualTo(written.subList(122_879, 122_882));
        long instant = written.stream()
                .filter(r -> !r.isNull(5))
                .findFirst()
                .orElseThrow()
                .word(5);
        assertThat(read(new ScanRequest("t", null, new Range("instant", instant, instant + 1), true)))
                .isNotEmpty()
                .allMatch(r -> r.word(5) == instant);
    }

    @Test
    @DisplayName("may have no rows")
    void empty() {
        write(0, 1);

        assertThat(read(ScanRequest.ordered("t"))).isEmpty();
        assertThat(store.describe("t").orElseThrow().parts()).hasSize(1);
    }

    private static Row row(long n) {
        return new Row(SCHEMA).setWord(0, n).setWord(8, 1);
    }

    @Test
    @DisplayName("leaves nothing behind when it is given up, however much was appended")
    void givenUp() throws IOException {
        for (int rows : new int[] {0, 1, BLOCK, 20 * BLOCK + 1}) {
            try (PartWriter part = store.write("t", "p")) {
                for (int i = 0; i < rows; i++) {
                    part.append(row(i));
                }
            }
        }

        assertThat(store.describe("t").orElseThrow().parts()).isEmpty();
        try (Stream<Path> files = Files.list(home.resolve("lake/tables/t"))) {
            assertThat(files.map(f -> String.valueOf(f.getFileName()))).containsExactly("table.json");
        }
    }

    @Test
    @DisplayName("belongs to a table whose file has the form that it always had")
    void definition() throws IOException {
        store.create(new TableDefinition(
                "form",
                Schema.of(Field.required("n", FieldType.INT64), Field.optional("at", FieldType.LOCAL_TIMESTAMP)),
                List.of("at", "n")));
        assertThat(Files.readString(home.resolve("lake/tables/form/table.json")).replaceAll("\\s", ""))
                .isEqualTo(
                        "{\"columns\":[{\"name\":\"n\",\"type\":\"INT64\",\"nullable\":false},"
                                + "{\"name\":\"at\",\"type\":\"LOCAL_TIMESTAMP\",\"nullable\":true}],\"order\":[\"at\",\"n\"]}");
    }

    @Test
    @DisplayName("is one of many that are written at once, in the one thread that DuckDB has, while others read")
    void many() {
        List<PartWriter> open = new ArrayList<>();
        for (int p = 0; p < 5; p++) {
            open.add(store.write("t", "p" + p));
        }
        for (int i = 0; i < 10_000; i++) {
            for (PartWriter part : open) {
                part.append(row(i));
            }
        }
        assertThat(read(ScanRequest.ordered("t"))).isEmpty();
        for (PartWriter part : open.subList(1, 5)) {
            assertThat(part.commit().rows()).isEqualTo(10_000);
        }
        open.get(0).close();

        assertThat(read(ScanRequest.ordered("t"))).hasSize(40_000);
    }

    @Test
    @DisplayName("fails with one clear error when its file cannot be written, at the latest when it is committed")
    void noFolder() {
        Path folder = home.resolve("no-folder");
        DuckDb duck = new DuckDb(new DuckDb.Settings("local", home, () -> home.resolve("spill"), 256, 1));
        try (ParquetPartWriter part = new ParquetPartWriter(
                duck, Layout.plain(SCHEMA), "t", "p", folder.resolve("part-p.parquet"), (whole, rows) -> {
                    throw new IllegalStateException("there is none");
                })) {
            assertThatExceptionOfType(IsobarException.class)
                    .isThrownBy(() -> {
                        for (int i = 0; i < 1_000_000; i++) {
                            part.append(row(i));
                        }
                        part.commit();
                    })
                    .withMessageContaining("writing part p of t")
                    .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        } finally {
            duck.close();
        }
    }
}
