package dev.isobar.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.isobar.aws.emulator.PlainClients;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.athena.AthenaClient;
import software.amazon.awssdk.services.athena.model.QueryExecutionState;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

@DisplayName("Tables in S3, queried through Athena")
class AthenaFaultTest {
    private static final Schema PAIRS =
            Schema.of(Field.required("Key", FieldType.STRING), Field.required("n", FieldType.INT64));

    @TempDir
    Path home;

    private LakeEmulator emulator;
    private AdapterSession session;
    private OfflineStore store;

    @BeforeEach
    void start() throws Exception {
        emulator = LakeEmulator.start(home);
        session = emulator.platform().open();
        store = session.offlineStore();
        store.create(new TableDefinition("a/b", PAIRS, List.of("n")));
    }

    @AfterEach
    void stop() {
        session.close();
        emulator.close();
    }

    private void write(String part, long n) {
        try (PartWriter writer = store.write("a/b", part)) {
            writer.append(new Row(PAIRS).setText(0, "k" + n).setWord(1, n));
            writer.commit();
        }
    }

    private List<Long> read() {
        List<Long> found = new ArrayList<>();
        Row row = new Row(PAIRS);
        try (RowCursor cursor = store.scan(ScanRequest.ordered("a/b"))) {
            while (cursor.next(row)) {
                found.add(row.word(1));
            }
        }
        return found;
    }

    private List<String> objects() {
        try (S3Client s3 = PlainClients.at(emulator.uri(), S3Client.builder().forcePathStyle(true))) {
            return s3.listObjectsV2(r -> r.bucket(AwsPlatform.BUCKET)).contents().stream()
                    .map(S3Object::key)
                    .toList();
        }
    }

    private String sql(String text) {
        try (AthenaClient athena = PlainClients.at(emulator.athena().uri(), AthenaClient.builder())) {
            String id = athena.startQueryExecution(r -> r.queryString(text)
                            .resultConfiguration(c -> c.outputLocation("s3://" + AwsPlatform.BUCKET + "/by-hand/")))
                    .queryExecutionId();
            await().until(() -> !List.of(QueryExecutionState.QUEUED, QueryExecutionState.RUNNING)
                    .contains(athena.getQueryExecution(r -> r.queryExecutionId(id))
                            .queryExecution()
                            .status()
                            .state()));
            return String.valueOf(athena.getQueryExecution(r -> r.queryExecutionId(id))
                    .queryExecution()
                    .status()
                    .stateChangeReason());
        }
    }

    @Test
    @DisplayName(
            "leave nothing of a scan behind, neither in S3 nor here, and nothing at all of a table that is dropped")
    void tidy() throws Exception {
        write("p", 1);
        List<String> before = objects();
        assertThat(read()).containsExactly(1L);
        assertThat(store.erase("a/b", "Key", "k1")).isEqualTo(1);
        assertThat(objects()).hasSameSizeAs(before).noneMatch(k -> k.contains("/scratch/"));
        store.drop("a/b");
        assertThat(objects()).isEmpty();
        session.close();
        try (Stream<Path> files = Files.list(Path.of("target", "tmp", "tmp"))) {
            assertThat(files.map(f -> String.valueOf(f.getFileName())))
                    .noneMatch(name ->
                            name.startsWith("~aws-" + ProcessHandle.current().pid() + "-"));
        }
    }

    @Test
    @DisplayName("say so when somebody has taken a table out of Athena's catalog, and are read again by the next scan")
    void forgotten() throws IOException {
        write("p", 1);
        assertThat(read()).containsExactly(1L);
        assertThat(sql("DROP TABLE `isobar`.`" + name() + "`")).isEqualTo("null");
        IsobarException e = catchThrowableOfType(IsobarException.class, this::read);
        assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(e.getMessage()).contains("TABLE_NOT_FOUND");
        assertThat(read()).containsExactly(1L);
    }

    /** The catalog's only table. */
    private String name() throws IOException {
        String catalog = Files.readString(home.resolve("athena").resolve("catalog.json"));
        return catalog.replaceAll("(?s).*\"(a_b_[0-9a-f]+)\".*", "$1");
    }

    @Test
    @DisplayName("of which a file was damaged are corrupt, and a workgroup that is not there is an invalid argument")
    void failures() {
        write("p", 1);
        String part = objects().stream()
                .filter(k -> k.contains("part=p."))
                .findFirst()
                .orElseThrow();
        try (S3Client s3 = PlainClients.at(emulator.uri(), S3Client.builder().forcePathStyle(true))) {
            s3.putObject(r -> r.bucket(AwsPlatform.BUCKET).key(part), RequestBody.fromString("not Parquet"));
        }
        assertThat(catchThrowableOfType(IsobarException.class, this::read).code())
                .isEqualTo(ErrorCode.CORRUPT);
        Map<String, String> settings = new HashMap<>(emulator.platform().settings());
        settings.put("athena.workgroup", "nobodys");
        try (AdapterSession other = new AwsPlatform(settings).open()) {
            IsobarException e = catchThrowableOfType(
                    IsobarException.class, () -> other.offlineStore().scan(ScanRequest.ordered("a/b")));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(e.getMessage()).contains("WorkGroup nobodys is not found");
        }
    }
}
