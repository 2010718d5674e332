package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.Table;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TimePartitioning;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.StorageError;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.protobuf.Any;
import dev.isobar.conformance.fault.CuttingProxy;
import dev.isobar.emulator.gcp.bigquery.BigQueryEmulator;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.gcp.bigquery.BigQueryOfflineStore;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.spi.AdapterSession;
import io.grpc.Status;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Tables in BigQuery")
class BigQueryFaultTest {
    private static final Schema PAIRS =
            Schema.of(Field.required("Key", FieldType.STRING), Field.required("n", FieldType.INT64));
    private static final AtomicInteger TABLES = new AtomicInteger();
    private static final Predicate<HttpCall> JOB =
            call -> call.method().equals("POST") && call.path().endsWith("/jobs");

    @TempDir
    static Path home;

    private static BigQueryFaults faults;
    private static BigQueryEmulator bigquery;
    private static EmulatorServer storage;

    private AdapterSession session;
    private OfflineStore store;
    private String table;

    @BeforeAll
    static void startEmulators() throws Exception {
        faults = new BigQueryFaults();
        bigquery = BigQueryEmulator.start(home.resolve("bigquery"), 0, 0, null, faults::around, List.of(faults));
        bigquery.makeDataset(GcpPlatform.PROJECT, "isobar", GcpPlatform.LOCATION);
        bigquery.makeDataset(GcpPlatform.PROJECT, "american", "US");
        storage = EmulatorServer.start(0, faults.around(GcpPlatform.lake(home)));
    }

    @AfterAll
    static void stopEmulators() {
        bigquery.close();
        storage.close();
    }

    @BeforeEach
    void start() {
        session = open(Map.of());
        store = session.offlineStore();
        table = "t/" + TABLES.incrementAndGet();
        store.create(new TableDefinition(table, PAIRS, List.of("n")));
    }

    @AfterEach
    void stop() {
        faults.live();
        session.close();
        assertThat(faults.isSpent()).isTrue();
    }

    private static AdapterSession open(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "endpoint.bigquery", bigquery.endpoint(),
                "endpoint.bigquery-storage", bigquery.writeEndpoint(),
                "endpoint.storage", storage.uri().toString(),
                "retry.total", "3s"));
        settings.putAll(more);
        return new GcpPlatform(settings).open();
    }

    private static BigQuery google() {
        return BigQueryOptions.newBuilder()
                .setProjectId(GcpPlatform.PROJECT)
                .setCredentials(NoCredentials.getInstance())
                .setHost(bigquery.endpoint())
                .build()
                .getService();
    }

    /** The only table of this test, as Google's client sees it. */
    private Table seen() {
        String beginning = "isobar_" + table.replace('/', '_') + "_";
        for (Table found : google().listTables("isobar").iterateAll()) {
            if (found.getTableId().getTable().startsWith(beginning)) {
                return google().getTable(found.getTableId());
            }
        }
        throw new AssertionError("no table " + beginning);
    }

    private static PartInfo write(OfflineStore to, String table, String part, long... numbers) {
        try (PartWriter writer = to.write(table, part)) {
            Row row = new Row(PAIRS);
            for (long n : numbers) {
                writer.append(row.setText(0, "k" + n % 10).setWord(1, n));
            }
            return writer.commit();
        }
    }

    private List<Long> read() {
        return read(store);
    }

    private List<Long> read(OfflineStore from) {
        List<Long> found = new ArrayList<>();
        Row row = new Row(PAIRS);
        try (RowCursor cursor = from.scan(ScanRequest.ordered(table))) {
            while (cursor.next(row)) {
                found.add(row.word(1));
            }
        }
        return found;
    }

    private static IsobarException failure(Runnable call) {
        return catchThrowableOfType(IsobarException.class, call::run);
    }

    @Test
    @DisplayName("have each row once when the stream of appends breaks, whether or not the rows had arrived")
    void brokenAppends() {
        faults.lose("AppendRows", Status.UNAVAILABLE)
                .refuse("AppendRows", Status.UNAVAILABLE)
                .lose("AppendRows", Status.ABORTED);
        String long5000 = "x".repeat(5_000);
        try (PartWriter writer = store.write(table, "p")) {
            Row row = new Row(PAIRS);
            // Four appends.
            for (int n = 0; n < 1_500; n++) {
                writer.append(row.setText(0, long5000).setWord(1, n));
            }
            assertThat(writer.commit().rows()).isEqualTo(1_500);
        }
        assertThat(read())
                .containsExactlyElementsOf(LongStream.range(0, 1_500).boxed().toList());
    }

    @Test
    @DisplayName("have a part once when the answers to the calls that make it are lost")
    void lostAnswers() {
        faults.lose("CreateWriteStream", Status.UNAVAILABLE)
                .lose("FinalizeWriteStream", Status.DEADLINE_EXCEEDED)
                .lose("BatchCommitWriteStreams", Status.UNAVAILABLE)
                .lose("BatchCommitWriteStreams", Status.DEADLINE_EXCEEDED);
        assertThat(write(store, table, "p", 1, 2).rows()).isEqualTo(2);
        assertThat(read()).containsExactly(1L, 2L);
    }

    @Test
    @DisplayName("have no part of which rows are missing")
    void gap() {
        faults.change(
                "AppendRows",
                answer -> AppendRowsResponse.newBuilder()
                        .setError(com.google.rpc.Status.newBuilder()
                                .setCode(Status.Code.OUT_OF_RANGE.value())
                                .setMessage("said by a test")
                                .addDetails(Any.pack(StorageError.newBuilder()
                                        .setCode(StorageErrorCode.OFFSET_OUT_OF_RANGE)
                                        .setEntity("s")
                                        .setErrorMessage("expected offset 0, received 2")
                                        .build())))
                        .build());
        IsobarException e = failure(() -> write(store, table, "p", 1, 2));
        assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(e.getMessage()).contains("did not arrive");
        assertThat(store.describe(table).orElseThrow().parts()).isEmpty();
        assertThat(write(store, table, "p", 1, 2).rows()).isEqualTo(2);
        assertThat(read()).containsExactly(1L, 2L);
    }

    @Test
    @DisplayName("have a part whole or not at all, and once, wherever the process dies that writes it")
    void killed() {
        TableId id = seen().getTableId();
        BigQuery google = google();
        int died = 0;
        boolean finished = false;
        while (!finished) {
            String part = "p" + died;
            long n = died;
            try (AdapterSession mortal = open(Map.of())) {
                faults.dieAfter(died);
                write(mortal.offlineStore(), table, part, n, n);
                finished = true;
            } catch (IsobarException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
            }
            faults.live();
            // Whoever reads before it is written again sees all or nothing; a new process does not know what was sent.
            if (died % 2 == 0) {
                List<Long> rows = read();
                assertThat(rows.subList(2 * died, rows.size())).isIn(List.of(), List.of(n, n));
            }
            assertThat(write(store, table, part, n, n).rows()).isEqualTo(2);
            died++;
            assertThat(google.getTable(id).getNumRows().longValue()).isEqualTo(2L * died);
        }
        assertThat(read())
                .containsExactlyElementsOf(LongStream.range(0, 2L * died)
                        .map(row -> row / 2)
                        .boxed()
                        .toList());
        // A write is at least: look, make a stream, append, finish, name, commit, say so.
        assertThat(died).isGreaterThan(7);
    }

    @Test
    @DisplayName("keep a part whose commit failed for the next one who looks")
    void settled() {
        faults.refuse("BatchCommitWriteStreams", Status.PERMISSION_DENIED);
        IsobarException e = failure(() -> write(store, table, "p", 1, 2));
        assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(e.hint()).contains("roles/bigquery.dataEditor");
        assertThat(seen().getNumRows().longValue()).isZero();
        assertThat(write(store, table, "p", 3).rows()).isEqualTo(2);
        assertThat(read()).containsExactly(1L, 2L);
    }

    @Test
    @DisplayName("tell by the rows whether a stream was committed that BigQuery has forgotten since")
    void forgotten() {
        faults.lose("BatchCommitWriteStreams", Status.PERMISSION_DENIED);
        failure(() -> write(store, table, "committed", 1, 2));
        faults.refuse("BatchCommitWriteStreams", Status.PERMISSION_DENIED)
                .refuse("BatchCommitWriteStreams", Status.NOT_FOUND)
                .refuse("BatchCommitWriteStreams", Status.NOT_FOUND);
        failure(() -> write(store, table, "never", 3));
        assertThat(store.describe(table).orElseThrow().parts())
                .extracting(PartInfo::part)
                .containsExactly("committed");
        assertThat(write(store, table, "never", 4).rows()).isEqualTo(1);
        assertThat(read()).containsExactly(1L, 2L, 4L);
    }

    @Test
    @DisplayName("run a job once when the answer to its start is lost, and read it to its end over broken connections")
    void jobs() throws Exception {
        write(store, table, "p", LongStream.range(0, 12_000).toArray());
        faults.lose(JOB, 503);
        assertThat(store.erase(table, "Key", "k3")).isEqualTo(1_200);
        assertThat(store.describe(table).orElseThrow().rows()).isEqualTo(10_800);
        try (CuttingProxy proxy = CuttingProxy.start(URI.create(bigquery.endpoint()));
                AdapterSession other =
                        open(Map.of("endpoint.bigquery", proxy.uri().toString()))) {
            proxy.cut(3, 700);
            assertThat(read(other.offlineStore())).hasSize(10_800).isSorted();
        }
    }

    @Test
    @DisplayName("are as numerous as they are said to be after an erasure that was cut off")
    void erasureCutOff() {
        write(store, table, "a", 1, 2, 11);
        write(store, table, "b", 1);
        faults.refuse(call -> call.path().contains("/queries/"), 403, "accessDenied");
        assertThat(failure(() -> store.erase(table, "Key", "k1")).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(store.erase(table, "Key", "k1")).isZero();
        assertThat(store.describe(table).orElseThrow().parts())
                .extracting(PartInfo::rows)
                .containsExactly(1L, 0L);
        assertThat(read()).containsExactly(2L);
    }

    @Test
    @DisplayName("say in one error what is wrong: dataset, place, permission, API, quota")
    void errors() {
        try (AdapterSession other = open(Map.of("bigquery.dataset", "nobodys"))) {
            IsobarException e =
                    failure(() -> other.offlineStore().create(new TableDefinition("x/missing", PAIRS, List.of())));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
            assertThat(e.getMessage()).contains("no dataset isobar-test:nobodys");
            assertThat(e.hint()).contains("bq mk --dataset --location=europe-west3 isobar-test:nobodys");
        }
        try (AdapterSession other = open(Map.of("bigquery.dataset", "american"))) {
            IsobarException e =
                    failure(() -> other.offlineStore().create(new TableDefinition("x/place", PAIRS, List.of())));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
            assertThat(e.getMessage()).contains("american is not in europe-west3 but in us");
        }
        write(store, table, "p", 1);
        refused(403, "accessDenied", ErrorCode.PERMISSION_DENIED, "roles/bigquery.jobUser");
        refused(403, "accessNotConfigured", ErrorCode.PERMISSION_DENIED, "Enable the API");
        refused(403, "quotaExceeded", ErrorCode.RESOURCE_EXHAUSTED, "quota");
        refused(400, "resourcesExceeded", ErrorCode.RESOURCE_EXHAUSTED, "fewer rows");
        refused(404, "notFound", ErrorCode.NOT_FOUND, "");
        faults.refuse("AppendRows", Status.RESOURCE_EXHAUSTED);
        assertThat(failure(() -> write(store, table, "q", 1)).code()).isEqualTo(ErrorCode.THROTTLED);
        google().delete(seen().getTableId());
        IsobarException e = failure(this::read);
        assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(e.hint()).contains("Somebody removed it from BigQuery");
    }

    private void refused(int status, String reason, ErrorCode code, String hint) {
        faults.refuse(JOB, status, reason);
        IsobarException e = failure(this::read);
        assertThat(e.code()).isEqualTo(code);
        assertThat(e.hint()).contains(hint);
    }

    @Test
    @DisplayName(
            "lie apart by day and together by key where their order has a time and a text, and a scan's cost is known before")
    void layout() {
        Schema schema = Schema.of(
                Field.required("_event_time", FieldType.TIMESTAMP),
                Field.required("_key", FieldType.STRING),
                Field.required("_id", FieldType.STRING),
                Field.optional("x", FieldType.FLOAT64));
        table = "layout/of";
        store.create(new TableDefinition(table, schema, List.of("_event_time", "_key", "_id")));
        StandardTableDefinition made = seen().getDefinition();
        assertThat(made.getTimePartitioning().getType()).isEqualTo(TimePartitioning.Type.DAY);
        assertThat(made.getTimePartitioning().getField()).isEqualTo("_event_time");
        assertThat(made.getClustering().getFields()).containsExactly("_key", "_id", "isobar_part");
        assertThat(seen().getLabels()).containsEntry("isobar-instance", "gcp");
        try (PartWriter writer = store.write(table, "p")) {
            writer.append(new Row(schema)
                    .setWord(0, 5)
                    .setText(1, "abc")
                    .setText(2, "id")
                    .setFloat64(3, 1));
            writer.commit();
        }
        Schema walls = Schema.of(
                Field.required("wall", FieldType.LOCAL_TIMESTAMP),
                Field.optional("x", FieldType.FLOAT64),
                Field.required("a", FieldType.STRING),
                Field.required("b", FieldType.STRING),
                Field.required("c", FieldType.STRING),
                Field.required("d", FieldType.STRING),
                Field.optional("at", FieldType.TIMESTAMP));
        table = "layout/walls";
        store.create(new TableDefinition(table, walls, List.of("a", "b", "x", "c", "d", "wall", "at")));
        made = seen().getDefinition();
        assertThat(made.getTimePartitioning().getField()).isEqualTo("wall");
        assertThat(made.getClustering().getFields()).containsExactly("a", "b", "c", "isobar_part");
        table = "layout/none";
        store.create(new TableDefinition(table, walls, List.of()));
        made = seen().getDefinition();
        assertThat(made.getTimePartitioning()).isNull();
        assertThat(made.getClustering().getFields()).containsExactly("isobar_part");
        table = "layout/of";
        // 8 of the time, 2 + 3 and 2 + 2 of the texts, 8 of the number, 2 + 1 of the part's name
        assertThat(store.estimate(ScanRequest.ordered(table))).hasValue(28);
    }

    @Test
    @DisplayName("get more columns behind the ones they have, and are not changed otherwise")
    void extended() {
        write(store, table, "p", 1);
        Schema longer = Schema.of(
                Field.required("Key", FieldType.STRING),
                Field.required("n", FieldType.INT64),
                Field.optional("x", FieldType.FLOAT64));
        BigQueryOfflineStore bigQuery = (BigQueryOfflineStore) store;
        // Who dies between BigQuery's table and its definition is made up for by doing it again.
        faults.refuse(call -> call.method().equals("POST") && call.path().startsWith("/upload/storage"), 403, "dead");
        assertThat(failure(() -> bigQuery.extend(new TableDefinition(table, longer, List.of("n"))))
                        .code())
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(store.describe(table).orElseThrow().definition().schema()).isEqualTo(PAIRS);
        write(store, table, "between", 0);
        bigQuery.extend(new TableDefinition(table, longer, List.of("n")));
        bigQuery.extend(new TableDefinition(table, longer, List.of("n")));
        assertThat(store.erase(table, "Key", "k0")).isEqualTo(1);
        StandardTableDefinition extended = seen().getDefinition();
        assertThat(extended.getClustering().getFields()).containsExactly("isobar_part");
        assertThat(extended.getSchema().getFields())
                .extracting(com.google.cloud.bigquery.Field::getName)
                .containsExactly("isobar_part", "Key", "n", "x");
        try (PartWriter writer = store.write(table, "q")) {
            writer.append(new Row(longer).setText(0, "k").setWord(1, 2).setFloat64(2, -0.0));
            writer.commit();
        }
        Row row = new Row(longer);
        try (RowCursor rows = store.scan(ScanRequest.ordered(table))) {
            assertThat(rows.next(row)).isTrue();
            assertThat(row.isNull(2)).isTrue();
            assertThat(rows.next(row)).isTrue();
            assertThat(row.word(2)).isEqualTo(Double.doubleToRawLongBits(-0.0));
        }
        Schema required = Schema.of(
                Field.required("Key", FieldType.STRING),
                Field.required("n", FieldType.INT64),
                Field.optional("x", FieldType.FLOAT64),
                Field.required("y", FieldType.INT64));
        Schema inBetween = Schema.of(
                Field.required("Key", FieldType.STRING),
                Field.optional("y", FieldType.INT64),
                Field.required("n", FieldType.INT64),
                Field.optional("x", FieldType.FLOAT64));
        Schema looser = Schema.of(
                Field.required("Key", FieldType.STRING),
                Field.optional("n", FieldType.INT64),
                Field.optional("x", FieldType.FLOAT64));
        for (TableDefinition other : List.of(
                new TableDefinition(table, required, List.of("n")),
                new TableDefinition(table, inBetween, List.of("n")),
                new TableDefinition(table, looser, List.of("n")),
                new TableDefinition(table, PAIRS, List.of("n")),
                new TableDefinition(table, longer, List.of("Key")),
                new TableDefinition(
                        table,
                        Schema.of(
                                Field.required("Key", FieldType.STRING),
                                Field.required("n", FieldType.FLOAT64),
                                Field.optional("x", FieldType.FLOAT64)),
                        List.of("n")))) {
            assertThat(failure(() -> bigQuery.extend(other)).code()).isEqualTo(ErrorCode.CONFLICT);
        }
    }
}
