package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.Range;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.OfflineStore.TableDefinition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The specification of {@link OfflineStore}: tables of parts that appear whole and once, read in canonical order.
 *
 * @since 0.1
 */
@DisplayName("An offline store")
public abstract class OfflineStoreSuite extends PortSuite {
    private static final Schema ALL_TYPES = Schema.of(
            Field.optional("text", FieldType.STRING),
            Field.optional("small", FieldType.INT32),
            Field.optional("large", FieldType.INT64),
            Field.optional("real", FieldType.FLOAT64),
            Field.optional("flag", FieldType.BOOL),
            Field.optional("at", FieldType.TIMESTAMP),
            Field.optional("Local \"time\"", FieldType.LOCAL_TIMESTAMP));
    private static final Schema PAIRS =
            Schema.of(Field.required("key", FieldType.STRING), Field.required("n", FieldType.INT64));

    /** For subclasses. */
    protected OfflineStoreSuite() {
        super(Port.OFFLINE_STORE);
    }

    private OfflineStore port() {
        return open().offlineStore();
    }

    private static PartInfo write(OfflineStore port, String table, String part, List<Row> rows) {
        try (PartWriter writer = port.write(table, part)) {
            rows.forEach(writer::append);
            return writer.commit();
        }
    }

    private static List<Row> scan(OfflineStore port, ScanRequest request, Schema schema) {
        List<Row> rows = new ArrayList<>();
        Row row = new Row(schema);
        try (RowCursor cursor = port.scan(request)) {
            while (cursor.next(row)) {
                rows.add(row.copy());
            }
            assertThat(cursor.next(row)).isFalse();
        }
        return rows;
    }

    private static Row pair(String key, long n) {
        return new Row(PAIRS).setText(0, key).setWord(1, n);
    }

    private static String pairs(OfflineStore port) {
        String table = fresh("t/pairs");
        port.create(new TableDefinition(table, PAIRS, List.of("n")));
        return table;
    }

    /** Tables. */
    @Nested
    @DisplayName("has tables")
    class Tables {
        @Test
        @DisplayName("made once; again with an equal definition is a success, with another a conflict")
        void create() {
            OfflineStore port = port();
            String name = fresh("a/b");
            TableDefinition table = new TableDefinition(name, ALL_TYPES, List.of("at", "text"));
            port.create(table);
            port().create(table);
            assertThat(port.describe(name).orElseThrow().definition()).isEqualTo(table);
            assertThat(port.describe(name).orElseThrow().parts()).isEmpty();
            fails(ErrorCode.CONFLICT, () -> port.create(new TableDefinition(name, ALL_TYPES, List.of("at"))));
            fails(ErrorCode.CONFLICT, () -> port.create(new TableDefinition(name, PAIRS, List.of())));
        }

        @Test
        @DisplayName(
                "listed by prefix, also one inside the name of another, until dropped; dropping twice is a success")
        void list() {
            OfflineStore port = port();
            String root = fresh("l");
            for (String name : List.of("/b", "/a", "/a/inner")) {
                port.create(new TableDefinition(root + name, PAIRS, List.of()));
            }
            write(port, root + "/a/inner", "p", List.of(pair("k", 1)));
            assertThat(port.list(root)).containsExactly(root + "/a", root + "/a/inner", root + "/b");
            port.drop(root + "/a");
            port.drop(root + "/a");
            assertThat(port.list(root)).containsExactly(root + "/a/inner", root + "/b");
            assertThat(port.describe(root + "/a")).isEmpty();
            assertThat(port.describe(root + "/a/inner").orElseThrow().rows()).isEqualTo(1);
        }

        @Test
        @DisplayName("with names and definitions that make sense, and not found otherwise")
        void invalid() {
            OfflineStore port = port();
            for (String name : List.of("", "/a", "a/", "a//b", "..", "a/../b", "a b", "a~")) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.create(new TableDefinition(name, PAIRS, List.of())));
            }
            fails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> port.create(new TableDefinition(fresh("t"), PAIRS, List.of("none"))));
            Schema twins = Schema.of(Field.required("k", FieldType.INT64), Field.required("K", FieldType.INT64));
            for (Schema schema : List.of(Schema.of(), twins)) {
                fails(
                        ErrorCode.INVALID_ARGUMENT,
                        () -> port.create(new TableDefinition(fresh("t"), schema, List.of())));
            }
            String missing = fresh("missing");
            fails(ErrorCode.NOT_FOUND, () -> port.write(missing, "p"));
            fails(ErrorCode.NOT_FOUND, () -> port.scan(ScanRequest.ordered(missing)));
            assertThat(port.describe(missing)).isEmpty();
        }
    }

    /** Values. */
    @Nested
    @DisplayName("gives back every value exactly")
    class Values {
        @Test
        @DisplayName("extremes, nulls, −0, infinities, NaN, all of Unicode, both kinds of time")
        void extremes() {
            OfflineStore port = port();
            String table = fresh("t");
            port.create(new TableDefinition(table, ALL_TYPES, List.of()));
            List<Row> rows = new ArrayList<>();
            rows.add(new Row(ALL_TYPES));
            String[] texts = {"", "a'b\"c", "\u00e9\u4e2d\ud83d\ude80", "line\nbreak\u0000nul", "x".repeat(5000)};
            long[] times = {0, -1, 999_999, -62_135_596_800_000_000L, 253_402_300_799_999_999L, 986_094_000_000_001L};
            double[] reals = {
                -0.0,
                0.0,
                Double.MIN_VALUE,
                -Double.MAX_VALUE,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY,
                0.1
            };
            for (int i = 0; i < 40; i++) {
                rows.add(new Row(ALL_TYPES)
                        .setText(0, texts[i % texts.length])
                        .setWord(1, i % 2 == 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE)
                        .setWord(2, i % 2 == 0 ? Long.MIN_VALUE : Long.MAX_VALUE)
                        .setFloat64(3, reals[i % reals.length])
                        .setWord(4, i % 2)
                        .setWord(5, times[i % times.length])
                        .setWord(6, times[(i + 1) % times.length]));
            }
            Random random = new Random(11);
            for (int i = 0; i < 3_000; i++) {
                Row row = new Row(ALL_TYPES);
                for (int c = 0; c < ALL_TYPES.size(); c++) {
                    if (random.nextInt(4) > 0) {
                        switch (ALL_TYPES.field(c).type()) {
                            case STRING -> row.setText(c, Integer.toString(random.nextInt(50)));
                            case INT32 -> row.setWord(c, random.nextInt());
                            case INT64 -> row.setWord(c, random.nextLong());
                            case FLOAT64 -> row.setFloat64(c, random.nextGaussian());
                            case BOOL -> row.setWord(c, random.nextInt(2));
                            case TIMESTAMP, LOCAL_TIMESTAMP -> row.setWord(c, random.nextLong() >> 8);
                        }
                    }
                }
                rows.add(row);
            }
            assertThat(write(port, table, "p", rows).rows()).isEqualTo(rows.size());
            assertThat(sorted(scan(port(), new ScanRequest(table, null, null, false), ALL_TYPES)))
                    .isEqualTo(sorted(rows));
        }

        private List<String> sorted(List<Row> rows) {
            return rows.stream()
                    .map(r -> {
                        StringBuilder b = new StringBuilder();
                        for (int i = 0; i < r.schema().size(); i++) {
                            b.append(r.isNull(i))
                                    .append('|')
                                    .append(r.word(i))
                                    .append('|')
                                    .append(r.text(i))
                                    .append('|');
                        }
                        return b.toString();
                    })
                    .sorted()
                    .toList();
        }

        @Test
        @DisplayName("and refuses a row that lacks a required one or follows another schema")
        void refused() {
            OfflineStore port = port();
            String table = pairs(port);
            try (PartWriter writer = port.write(table, "p")) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> writer.append(new Row(PAIRS).setText(0, "k")));
                fails(ErrorCode.INVALID_ARGUMENT, () -> writer.append(new Row(ALL_TYPES)));
                writer.append(pair("k", 1));
                assertThat(writer.commit().rows()).isEqualTo(1);
            }
        }
    }

    /** Order and selection. */
    @Nested
    @DisplayName("scans")
    class Scans {
        private OfflineStore port;
        private String table;

        @BeforeEach
        void create() {
            port = port();
            table = pairs(port);
        }

        @Test
        @DisplayName("in canonical order over all parts: text by UTF-8 bytes, numbers by value, nulls first")
        void order() {
            Schema schema = Schema.of(
                    Field.optional("text", FieldType.STRING),
                    Field.optional("real", FieldType.FLOAT64),
                    Field.required("id", FieldType.INT64));
            String ordered = fresh("t");
            port.create(new TableDefinition(ordered, schema, List.of("text", "real", "id")));
            String[] texts = {"", "B", "a", "aa", "\u00e9", "z", "\u4e2d", "\uffee", "\ud83d\ude80"};
            Random random = new Random(5);
            List<Row> all = new ArrayList<>();
            for (int part = 0; part < 3; part++) {
                List<Row> rows = new ArrayList<>();
                for (int i = 0; i < 500; i++) {
                    Row row = new Row(schema).setWord(2, part * 1000L + i);
                    if (random.nextInt(10) > 0) {
                        row.setText(0, texts[random.nextInt(texts.length)]);
                    }
                    if (random.nextInt(10) > 0) {
                        row.setFloat64(1, random.nextInt(7) - 3.5);
                    }
                    rows.add(row);
                }
                write(port, ordered, "p" + part, rows);
                all.addAll(rows);
            }
            Comparator<Row> canonical = Comparator.<Row, byte[]>comparing(
                            r -> {
                                String text = r.text(0);
                                return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
                            },
                            Comparator.nullsFirst(Arrays::compareUnsigned))
                    .thenComparing(r -> r.isNull(1) ? null : r.float64(1), Comparator.nullsFirst(Double::compare))
                    .thenComparing(r -> r.word(2));
            all.sort(canonical);
            assertThat(scan(port, ScanRequest.ordered(ordered), schema)).isEqualTo(all);
        }

        @Test
        @DisplayName("a half-open range of a whole-number or time column")
        void range() {
            write(port, table, "a", List.of(pair("k", 1), pair("k", 5), pair("k", 7)));
            write(port, table, "b", List.of(pair("k", 4), pair("k", -9)));
            assertThat(numbers(new ScanRequest(table, null, new Range("n", 4, 7), true)))
                    .containsExactly(4L, 5L);
            assertThat(numbers(new ScanRequest(table, null, new Range("n", Long.MIN_VALUE, Long.MAX_VALUE), true)))
                    .containsExactly(-9L, 1L, 4L, 5L, 7L);
            assertThat(numbers(new ScanRequest(table, null, new Range("n", 5, 5), true)))
                    .isEmpty();
            fails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> port.scan(new ScanRequest(table, null, new Range("key", 0, 1), true)));
            fails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> port.scan(new ScanRequest(table, null, new Range("x", 0, 1), true)));
            Schema timed = Schema.of(
                    Field.optional("at", FieldType.TIMESTAMP), Field.optional("local", FieldType.LOCAL_TIMESTAMP));
            String times = fresh("t");
            port.create(new TableDefinition(times, timed, List.of("at")));
            write(
                    port,
                    times,
                    "p",
                    List.of(
                            new Row(timed).setWord(0, -1).setWord(1, 10),
                            new Row(timed).setWord(0, 0).setWord(1, 11),
                            new Row(timed).setWord(0, 1).setWord(1, 12),
                            new Row(timed)));
            assertThat(scan(port, new ScanRequest(times, null, new Range("at", 0, 2), true), timed))
                    .hasSize(2);
            assertThat(scan(port, new ScanRequest(times, null, new Range("local", 11, 12), true), timed))
                    .hasSize(1);
            assertThat(scan(
                            port,
                            new ScanRequest(times, null, new Range("at", Long.MIN_VALUE, Long.MAX_VALUE), true),
                            timed))
                    .hasSize(3);
        }

        @Test
        @DisplayName("only the parts asked for, none at all of an empty table")
        void parts() {
            assertThat(numbers(ScanRequest.ordered(table))).isEmpty();
            write(port, table, "a", List.of(pair("k", 1)));
            write(port, table, "b", List.of(pair("k", 2)));
            write(port, table, "empty", List.of());
            assertThat(numbers(new ScanRequest(table, List.of("b", "empty"), null, true)))
                    .containsExactly(2L);
            assertThat(numbers(new ScanRequest(table, List.of(), null, true))).isEmpty();
            assertThat(numbers(ScanRequest.ordered(table))).containsExactly(1L, 2L);
            fails(ErrorCode.NOT_FOUND, () -> port.scan(new ScanRequest(table, List.of("c"), null, true)));
        }

        @Test
        @DisplayName("several at once, also one that is left in the middle")
        void together() {
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                rows.add(pair("k" + i, i));
            }
            write(port, table, "a", rows);
            Row row = new Row(PAIRS);
            try (RowCursor left = port.scan(ScanRequest.ordered(table));
                    RowCursor other = port.scan(ScanRequest.ordered(table))) {
                for (int i = 0; i < 10_000; i++) {
                    assertThat(other.next(row)).isTrue();
                    assertThat(row.word(1)).isEqualTo(i);
                    if (i < 3_000) {
                        assertThat(left.next(row)).isTrue();
                        assertThat(row.text(0)).isEqualTo("k" + i);
                    }
                }
            }
        }

        @Test
        @DisplayName("tells what a scan would be charged for where that capability is declared, else nothing")
        void estimate() {
            write(port, table, "a", List.of(pair("k", 1)));
            OptionalLong all = port.estimate(ScanRequest.ordered(table));
            if (!capabilities().has(Capability.SCAN_ESTIMATE)) {
                assertThat(all).isEmpty();
                return;
            }
            assertThat(all.orElseThrow()).isPositive();
            assertThat(port.estimate(new ScanRequest(table, List.of(), null, true)))
                    .hasValue(0);
            fails(ErrorCode.NOT_FOUND, () -> port.estimate(ScanRequest.ordered(table + "/none")));
        }

        private List<Long> numbers(ScanRequest request) {
            return scan(port, request, PAIRS).stream().map(r -> r.word(1)).toList();
        }
    }

    /** Parts. */
    @Nested
    @DisplayName("makes a part visible whole and once")
    class Parts {
        @Test
        @DisplayName("not before the commit, not after a close without one")
        void invisible() {
            OfflineStore port = port();
            String table = pairs(port);
            try (PartWriter writer = port.write(table, "p")) {
                writer.append(pair("k", 1));
                assertThat(port.describe(table).orElseThrow().parts()).isEmpty();
            }
            assertThat(port.describe(table).orElseThrow().parts()).isEmpty();
            PartInfo info = write(port, table, "p", List.of(pair("k", 2)));
            assertThat(port().describe(table).orElseThrow().parts()).containsExactly(info);
        }

        @Test
        @DisplayName("of two that commit one name the first wins, and the second learns what the first wrote")
        void firstWins() {
            OfflineStore port = port();
            String table = pairs(port);
            try (PartWriter one = port.write(table, "p");
                    PartWriter two = port.write(table, "p")) {
                one.append(pair("one", 1));
                two.append(pair("two", 2));
                two.append(pair("two", 3));
                PartInfo first = one.commit();
                assertThat(two.commit()).isEqualTo(first);
            }
            assertThat(scan(port, ScanRequest.ordered(table), PAIRS)).containsExactly(pair("one", 1));
        }

        @Test
        @DisplayName("written by several at once, every part is there")
        void concurrent() throws Exception {
            OfflineStore port = port();
            String table = pairs(port);
            ExecutorService pool = Executors.newFixedThreadPool(4);
            try {
                List<Future<?>> writers = new ArrayList<>();
                for (int w = 0; w < 4; w++) {
                    int n = w;
                    writers.add(pool.submit(() ->
                            write(port, table, "p" + n, List.of(pair("k", n), pair("k", n + 10)))));
                }
                for (Future<?> writer : writers) {
                    writer.get();
                }
            } finally {
                pool.shutdownNow();
            }
            assertThat(port.describe(table).orElseThrow().rows()).isEqualTo(8);
        }

        @Test
        @DisplayName("by threads that take turns at one writer")
        void turns() throws Exception {
            OfflineStore port = port();
            String table = pairs(port);
            ExecutorService pool = Executors.newFixedThreadPool(2);
            try (PartWriter writer = port.write(table, "p")) {
                writer.append(pair("k", 0));
                for (int n = 1; n < 4; n++) {
                    int value = n;
                    pool.submit(() -> writer.append(pair("k", value))).get();
                }
                writer.commit();
            } finally {
                pool.shutdownNow();
            }
            assertThat(port.describe(table).orElseThrow().rows()).isEqualTo(4);
        }

        @Test
        @DisplayName("and a writer is of no use after its commit")
        void spent() {
            OfflineStore port = port();
            String table = pairs(port);
            try (PartWriter writer = port.write(table, "p")) {
                writer.commit();
                fails(ErrorCode.INVALID_ARGUMENT, () -> writer.append(pair("k", 1)));
                fails(ErrorCode.INVALID_ARGUMENT, writer::commit);
            }
            for (String part : List.of("", "../p", "p".repeat(201))) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.write(table, part));
            }
        }
    }

    /** Erasure. */
    @Nested
    @DisplayName("forgets a key, where declared")
    class Erasure {
        @Test
        @DisplayName("every row of it in every part and no other; a part written again does not bring them back")
        void erase() throws Exception {
            OfflineStore port = port();
            String table = pairs(port);
            write(port, table, "a", List.of(pair("gone", 1), pair("it's", 2), pair("gone", 3)));
            write(port, table, "b", List.of(pair("gone", 4)));
            declaredOrUnsupported(Capability.ERASE_ROWS, () -> port.erase(table, "key", "gone"), () -> {
                assertThat(port.erase(table, "key", "gone")).isEqualTo(3);
                assertThat(port.erase(table, "key", "gone")).isZero();
                assertThat(scan(port(), ScanRequest.ordered(table), PAIRS)).containsExactly(pair("it's", 2));
                assertThat(write(port, table, "b", List.of(pair("gone", 4))).rows())
                        .isZero();
                assertThat(port.describe(table).orElseThrow().rows()).isEqualTo(1);
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.erase(table, "n", "1"));
            });
        }
    }
}
