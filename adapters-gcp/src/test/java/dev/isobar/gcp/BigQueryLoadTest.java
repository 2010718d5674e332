package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.emulator.gcp.bigquery.BigQueryEmulator;
import dev.isobar.emulator.gcp.storage.StorageService;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.parquet.DuckDb;
import dev.isobar.parquet.Layout;
import dev.isobar.parquet.ParquetPartWriter;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.port.ParquetParts;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Files that become parts of tables in BigQuery")
class BigQueryLoadTest {
    private static final Schema PAIRS =
            Schema.of(Field.required("Key", FieldType.STRING), Field.required("n", FieldType.INT64));
    private static final Schema ALL = Schema.of(
            Field.required("n", FieldType.INT64),
            Field.optional("text", FieldType.STRING),
            Field.optional("small", FieldType.INT32),
            Field.optional("real", FieldType.FLOAT64),
            Field.optional("flag", FieldType.BOOL),
            Field.optional("at", FieldType.TIMESTAMP),
            Field.optional("wall", FieldType.LOCAL_TIMESTAMP));
    private static final long EARLIEST = -62_135_596_800_000_000L;
    private static final long LATEST = 253_402_300_799_999_999L;
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final Predicate<HttpCall> JOB =
            call -> call.method().equals("POST") && call.path().endsWith("/jobs");

    @TempDir
    static Path home;

    private static BigQueryFaults faults;
    private static BigQueryEmulator bigquery;
    private static EmulatorServer storage;
    private static EmulatorServer storageForBigQuery;
    private static DuckDb duck;

    private AdapterSession session;
    private OfflineStore store;
    private String table;

    @BeforeAll
    static void startEmulators() throws Exception {
        faults = new BigQueryFaults();
        StorageService objects = GcpPlatform.lake(home);
        storage = EmulatorServer.start(0, faults.around(objects));
        // What befalls the adapter does not befall BigQuery.
        storageForBigQuery = EmulatorServer.start(0, objects);
        bigquery = BigQueryEmulator.start(
                home.resolve("bigquery"), 0, 0, storageForBigQuery.uri(), faults::around, List.of(faults));
        bigquery.makeDataset(GcpPlatform.PROJECT, "isobar", GcpPlatform.LOCATION);
        duck = new DuckDb(new DuckDb.Settings("test", home, () -> home.resolve("spill"), 256, 1));
    }

    @AfterAll
    static void stopEmulators() {
        duck.close();
        bigquery.close();
        storageForBigQuery.close();
        storage.close();
    }

    @BeforeEach
    void start() {
        session = open();
        store = session.offlineStore();
        table = "loaded/" + NUMBER.incrementAndGet();
        store.create(new TableDefinition(table, PAIRS, List.of("n")));
    }

    @AfterEach
    void stop() {
        faults.live();
        session.close();
        assertThat(faults.isSpent()).isTrue();
    }

    private static AdapterSession open() {
        return new GcpPlatform(Map.of(
                        "endpoint.bigquery", bigquery.endpoint(),
                        "endpoint.bigquery-storage", bigquery.writeEndpoint(),
                        "endpoint.storage", storage.uri().toString(),
                        "retry.total", "3s"))
                .open();
    }

    /** A file as a backfill writes one. */
    private static Path file(Schema schema, List<Row> rows) {
        Path file = home.resolve("file-" + NUMBER.incrementAndGet() + ".parquet");
        try (PartWriter writer = new ParquetPartWriter(
                duck,
                Layout.plain(schema),
                "test",
                "file",
                file.resolveSibling("~" + file.getFileName()),
                (made, n) -> {
                    Files.copy(made, file);
                    return new PartInfo("file", n, Files.size(file));
                })) {
            rows.forEach(writer::append);
            writer.commit();
        }
        return file;
    }

    private static Path pairs(long... numbers) {
        List<Row> rows = new ArrayList<>();
        for (long n : numbers) {
            rows.add(new Row(PAIRS).setText(0, "k").setWord(1, n));
        }
        return file(PAIRS, rows);
    }

    private static PartInfo load(OfflineStore into, String table, String part, Path file) {
        return ((ParquetParts) into).load(table, part, file);
    }

    private static List<Row> rows(OfflineStore from, ScanRequest request, Schema schema) {
        List<Row> rows = new ArrayList<>();
        Row row = new Row(schema);
        try (RowCursor cursor = from.scan(request)) {
            while (cursor.next(row)) {
                rows.add(row.copy());
            }
        }
        return rows;
    }

    private List<Long> read() {
        return rows(store, ScanRequest.ordered(table), PAIRS).stream()
                .map(r -> r.word(1))
                .toList();
    }

    private static IsobarException failure(Runnable call) {
        return catchThrowableOfType(IsobarException.class, call::run);
    }

    /** As Cloud Storage lists them to somebody else. */
    private static List<String> objectsOfLoads() {
        URI list = storageForBigQuery
                .uri()
                .resolve("/storage/v1/b/" + GcpPlatform.BUCKET + "/o?prefix=isobar/tables/loads/");
        try (InputStream answer = list.toURL().openStream()) {
            return new JsonMapper().readTree(answer).findValuesAsText("name");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("have the very values that the same rows have when they are written one by one")
    void equal() {
        table = "loaded/all-types";
        store.create(new TableDefinition(table, ALL, List.of("n")));
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        double[] reals = {
            -0.0, Double.MIN_VALUE, -Double.MAX_VALUE, Double.NaN, Double.NEGATIVE_INFINITY, Math.nextUp(1.0), 0.1
        };
        long[] times = {EARLIEST, LATEST, -1, 0, 1};
        List<Row> made = new ArrayList<>();
        for (int n = 0; n < 600; n++) {
            Row row = new Row(ALL).setWord(0, n < 2 ? Long.MIN_VALUE + n : n);
            boolean edge = n < 100;
            List<Runnable> values = List.of(
                    () -> row.setText(1, edge ? "" : "ü\u0000🛫'\"\\%" + random.nextInt()),
                    () -> row.setWord(2, edge ? Integer.MIN_VALUE : random.nextInt()),
                    () -> row.setFloat64(
                            3, edge ? reals[random.nextInt(reals.length)] : Double.longBitsToDouble(random.nextLong())),
                    () -> row.setWord(4, random.nextInt(2)),
                    () -> row.setWord(5, edge ? times[random.nextInt(5)] : random.nextLong(EARLIEST, LATEST)),
                    () -> row.setWord(6, edge ? times[random.nextInt(5)] : random.nextLong(EARLIEST, LATEST)));
            for (int i = 0; i < values.size(); i++) {
                row.setNull(i + 1);
                if (random.nextInt(5) > 0) {
                    values.get(i).run();
                }
            }
            made.add(row);
        }
        try (PartWriter writer = store.write(table, "by-row")) {
            made.forEach(writer::append);
            writer.commit();
        }
        PartInfo loaded = load(store, table, "as_a.file-1", file(ALL, made));
        assertThat(loaded.rows()).isEqualTo(600);
        assertThat(loaded.bytes()).isPositive();
        List<Row> byRow = rows(store, new ScanRequest(table, List.of("by-row"), null, true), ALL);
        List<Row> asFile = rows(store, new ScanRequest(table, List.of("as_a.file-1"), null, true), ALL);
        assertThat(asFile).as("seed %s", seed).hasSize(600);
        for (int r = 0; r < byRow.size(); r++) {
            for (int i = 0; i < ALL.size(); i++) {
                String which =
                        "seed " + seed + ", row " + r + ", " + ALL.field(i).name();
                assertThat(asFile.get(r).isNull(i))
                        .as(which)
                        .isEqualTo(byRow.get(r).isNull(i));
                if (byRow.get(r).isNull(i)) {
                    continue;
                }
                if (ALL.field(i).type() == FieldType.STRING) {
                    assertThat(asFile.get(r).text(i))
                            .as(which)
                            .isEqualTo(byRow.get(r).text(i));
                } else {
                    assertThat(asFile.get(r).word(i))
                            .as(which)
                            .isEqualTo(byRow.get(r).word(i));
                }
            }
        }
        assertThat(store.erase(table, "text", "")).isPositive();
        assertThat(objectsOfLoads()).isEmpty();
    }

    @Test
    @DisplayName("are there whole or not at all, and once, wherever the process dies that brings them")
    void killed() {
        int died = 0;
        boolean finished = false;
        while (!finished) {
            String part = "p" + died;
            long n = died;
            Path file = pairs(n, n);
            try (AdapterSession mortal = open()) {
                faults.dieAfter(died);
                load(mortal.offlineStore(), table, part, file);
                finished = true;
            } catch (IsobarException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
            }
            faults.live();
            // Whoever reads before it is loaded again sees all or nothing.
            if (died % 2 == 0) {
                List<Long> rows = read();
                assertThat(rows.subList(2 * died, rows.size())).isIn(List.of(), List.of(n, n));
            }
            assertThat(load(store, table, part, file).rows()).isEqualTo(2);
            died++;
            assertThat(read()).hasSize(2 * died);
        }
        assertThat(read().stream().distinct()).hasSize(died);
        // A load is at least: look, send the file, name it, start the job, say so, remove the file.
        assertThat(died).isGreaterThan(5);
        store.drop(table);
        assertThat(objectsOfLoads()).isEmpty();
        store.create(new TableDefinition(table, PAIRS, List.of("n")));
        assertThat(read()).isEmpty();
    }

    @Test
    @DisplayName("come once when the answer to the job's start is lost; the first of a name wins")
    void lostAnswer() {
        faults.lose(JOB, 503);
        PartInfo first = load(store, table, "p", pairs(1, 2));
        assertThat(first.rows()).isEqualTo(2);
        assertThat(load(store, table, "p", pairs(3))).isEqualTo(first);
        try (PartWriter writer = store.write(table, "p")) {
            writer.append(new Row(PAIRS).setText(0, "k").setWord(1, 4));
            assertThat(writer.commit()).isEqualTo(first);
        }
        assertThat(store.describe(table).orElseThrow().parts()).containsExactly(first);
        assertThat(read()).containsExactly(1L, 2L);
    }

    @Test
    @DisplayName("leave no row behind an erasure, also where their writer died before they were a part")
    void erased() {
        Path file = pairs(1, 2);
        try (AdapterSession mortal = open()) {
            int answered = 0;
            while (objectsOfLoads().isEmpty()) {
                faults.dieAfter(answered++);
                failure(() -> load(mortal.offlineStore(), table, "p", file));
                faults.live();
            }
        }
        assertThat(store.describe(table).orElseThrow().parts()).isEmpty();
        assertThat(store.erase(table, "Key", "k")).isZero();
        assertThat(objectsOfLoads()).isEmpty();
    }

    @Test
    @DisplayName("are loaded by whoever looks next when the job could not be started")
    void settled() {
        faults.refuse(JOB, 403, "accessDenied");
        IsobarException e = failure(() -> load(store, table, "p", pairs(1, 2)));
        assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(e.hint()).contains("roles/bigquery.jobUser");
        assertThat(read()).containsExactly(1L, 2L);
        assertThat(store.describe(table).orElseThrow().rows()).isEqualTo(2);
        assertThat(objectsOfLoads()).isEmpty();
    }

    @Test
    @DisplayName("leave nothing, and their part's name free, if they do not fit the table")
    void unfit() throws Exception {
        Path text = Files.writeString(home.resolve("text.parquet"), "this is no Parquet");
        Schema nullable = Schema.of(Field.optional("Key", FieldType.STRING), Field.optional("n", FieldType.INT64));
        Path withNull = file(nullable, List.of(new Row(nullable).setText(0, "k").setNull(1)));
        Schema real = Schema.of(Field.required("Key", FieldType.STRING), Field.required("n", FieldType.FLOAT64));
        Path other = file(real, List.of(new Row(real).setText(0, "k").setFloat64(1, 1)));
        Schema more = Schema.of(
                Field.required("Key", FieldType.STRING),
                Field.required("n", FieldType.INT64),
                Field.required("x", FieldType.INT64));
        Path longer =
                file(more, List.of(new Row(more).setText(0, "k").setWord(1, 1).setWord(2, 1)));
        for (Path unfit : List.of(text, withNull, other, longer)) {
            IsobarException e = failure(() -> load(store, table, "p", unfit));
            assertThat(e.code()).as(unfit.toString()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(e.getMessage()).startsWith("BigQuery: ");
            assertThat(store.describe(table).orElseThrow().parts()).isEmpty();
        }
        assertThat(failure(() -> load(store, table, "p", home.resolve("none"))).code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(failure(() -> load(store, table, "__HIVE_DEFAULT_PARTITION__", text))
                        .code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(failure(() -> load(store, "loaded/none", "p", text)).code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(objectsOfLoads()).isEmpty();
        assertThat(load(store, table, "p", pairs(1)).rows()).isEqualTo(1);
        assertThat(read()).containsExactly(1L);
    }

    @Test
    @DisplayName("have the names of columns that BigQuery takes, where the table's own are others")
    void names() {
        Schema odd = Schema.of(
                Field.required("flights.late_1h", FieldType.INT64), Field.optional("isobar_part", FieldType.STRING));
        table = "loaded/odd";
        store.create(new TableDefinition(table, odd, List.of("flights.late_1h")));
        Schema named = ((ParquetParts) store).fileSchema(table);
        assertThat(named.fields())
                .containsExactly(
                        Field.required("c0_flights_late_1h", FieldType.INT64),
                        Field.optional("c1_isobar_part", FieldType.STRING));
        load(store, table, "p", file(named, List.of(new Row(named).setWord(0, 7).setText(1, "x"))));
        assertThat(rows(store, ScanRequest.ordered(table), odd)).singleElement().satisfies(row -> {
            assertThat(row.word(0)).isEqualTo(7);
            assertThat(row.text(1)).isEqualTo("x");
        });
    }
}
