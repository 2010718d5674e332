package dev.isobar.runtime.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.features.FeaturePlan;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.ParquetFiles;
import dev.isobar.port.ParquetFiles.ParquetColumn;
import dev.isobar.port.ParquetParts;
import dev.isobar.port.Resource;
import dev.isobar.port.Workload;
import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.Local;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.journal.Journal;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.RunResult.StreamCount;
import dev.isobar.runtime.result.RunResult.TrainingSet;
import dev.isobar.runtime.step.FeatureStep;
import dev.isobar.runtime.step.IngestStep;
import dev.isobar.runtime.step.RunContext;
import dev.isobar.runtime.table.RowDigest;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A backfill from files")
class BackfillJobTest {
    private static final Pipeline PIPELINE = Checkout.pipeline();
    private static final int SIZE = 6_000;

    @TempDir
    Path folder;

    private AdapterSession session;
    private Target target;
    private Path payments;
    private Path chargebacks;

    @BeforeEach
    void open() throws IOException {
        session = Local.open(folder.resolve("home"));
        target = Local.target(session, p -> true);
        Checkout.write(folder, SIZE, 1);
        payments = folder.resolve("payments.csv");
        chargebacks = folder.resolve("chargebacks.csv");
    }

    @AfterEach
    void close() {
        session.close();
    }

    // ---- what is asked for

    /** A request that tests change a little. */
    private final class Request {
        private final Map<String, List<Path>> from = new HashMap<>();
        private List<Path> decisions = List.of();
        private List<String> labels = List.of();
        private Path to = folder.resolve("set.parquet");
        private boolean every;
        private boolean byEventTime;
        private @Nullable String table;
        private int threads = 1;
        private int passes;

        Request() {
            from.put("payments", List.of(payments));
            from.put("chargebacks", List.of(chargebacks));
        }

        BackfillRequest made() {
            return new BackfillRequest(
                    PIPELINE, from, decisions, labels, to, every, byEventTime, table, threads, passes);
        }

        BackfillResult run() throws IOException {
            return run(target);
        }

        BackfillResult run(Target on) throws IOException {
            return new BackfillJob(on, made(), RunListener.SILENT, scratch()).execute();
        }

        IsobarException fails() {
            IsobarException e = catchThrowableOfType(IsobarException.class, this::run);
            assertThat(e).isNotNull();
            assertThat(e.hint()).as("what to do next").isNotBlank();
            assertThat(e.resource()).as("where").isNotBlank();
            assertThat(folder.resolve("set.parquet")).doesNotExist();
            assertThat(folder.resolve("set.dead-letters.parquet")).doesNotExist();
            return e;
        }
    }

    private Path scratch() throws IOException {
        return Files.createTempDirectory(folder, "scratch");
    }

    private ParquetFiles parquet() {
        return (ParquetFiles) session.offlineStore();
    }

    // ---- the same as a run

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    @DisplayName(
            "has the rows of a run's training set and accounts for records as its ingest does, to the last bit, whatever is wrong with the input")
    void equalsARun(long seed) throws IOException {
        System.out.println("seed " + seed);
        Checkout.write(folder, SIZE, seed);
        Ran ran = run();
        Request request = new Request();
        request.threads = 1 + (int) (seed % 3);
        request.passes = (int) (seed % 2) * 3;
        BackfillResult set = request.run();
        assertThat(set.digest()).isEqualTo(ran.set().digest());
        assertThat(set.rows()).isEqualTo(ran.set().rows()).isGreaterThan(1_000);
        assertThat(set.leftOut()).isEqualTo(ran.set().leftOut());
        assertThat(set.reasons()).isEqualTo(ran.set().reasons());
        assertThat(set.vectors()).isEqualTo(ran.vectors());
        assertThat(set.streams()).isEqualTo(ran.streams());
        for (StreamCount s : set.streams()) {
            assertThat(s.duplicates()).as("copies in " + s.name()).isPositive();
            assertThat(s.late() + s.deadLetter())
                    .as("bad records in " + s.name())
                    .isPositive();
        }
        assertThat(rows(Path.of(Objects.requireNonNull(set.deadLetters())))).hasSize((int)
                set.streams().stream().mapToLong(StreamCount::deadLetter).sum());
        assertThat(digestOfFile(Path.of(set.to()))).isEqualTo(set.digest());
    }

    /** What the steps of a run say. */
    private record Ran(TrainingSet set, long vectors, List<StreamCount> streams) {}

    private Ran run() throws IOException {
        try (Journal journal = Journal.open(folder.resolve("journal"), "checkout", Journal.Boundary.NONE)) {
            RunContext context = new RunContext(
                    "run",
                    Instant.parse("2026-02-01T00:00:00Z"),
                    PIPELINE.spec(),
                    PIPELINE.version(),
                    FeaturePlan.compile(PIPELINE.spec()),
                    new RunRequest(PIPELINE, Map.of("payments", payments, "chargebacks", chargebacks), Map.of(), 0),
                    target,
                    new Programs(
                            Workload.command(List.of(), Map.of()), Workload.command(List.of(), Map.of()), List.of()),
                    journal,
                    RunListener.SILENT,
                    scratch());
            journal.begin("identity", () -> "run");
            IngestStep.Done ingested = new IngestStep(context).execute();
            FeatureStep.Done done = new FeatureStep(
                            context, Objects.requireNonNull(PIPELINE.spec().training()))
                    .execute();
            return new Ran(done.trainingSet(), done.vectors(), ingested.streams());
        }
    }

    @Test
    @DisplayName(
            "gives equal digests from CSV, from gzip, from many files and from Parquet, with columns of their types or of text")
    void formats() throws IOException {
        String csv = new Request().run().digest();
        for (boolean typed : new boolean[] {true, false}) {
            Request fromParquet = new Request();
            fromParquet.from.put("payments", toParquet(payments, 3, typed));
            fromParquet.from.put("chargebacks", toParquet(chargebacks, 1, typed));
            fromParquet.to = folder.resolve("typed-" + typed);
            fromParquet.threads = 2;
            BackfillResult set = fromParquet.run();
            assertThat(set.digest()).isEqualTo(csv);
            assertThat(set.to())
                    .isEqualTo(folder.resolve("typed-" + typed + "/training-set.parquet")
                            .toString());
        }
        Path zipped = folder.resolve("payments.csv.gz");
        try (var out = new java.util.zip.GZIPOutputStream(Files.newOutputStream(zipped))) {
            Files.copy(payments, out);
        }
        Request gzip = new Request();
        gzip.from.put("payments", List.of(zipped));
        gzip.to = folder.resolve("gzip.parquet");
        assertThat(gzip.run().digest()).isEqualTo(csv);
    }

    /** What a converter would write: good records typed, the others as they can be. */
    private List<Path> toParquet(Path csv, int parts, boolean typed) throws IOException {
        List<String> lines = Files.readAllLines(csv);
        String[] names = lines.get(0).split(",");
        List<Field> fields = new ArrayList<>();
        for (String name : names) {
            fields.add(Field.optional(
                    name,
                    !typed
                            ? FieldType.STRING
                            : switch (name) {
                                case "payment" -> FieldType.INT64;
                                // Text, for there is an amount that is no number.
                                case "cents", "card", "country" -> FieldType.STRING;
                                case "at" -> FieldType.TIMESTAMP;
                                case "known" -> FieldType.LOCAL_TIMESTAMP;
                                case "lost" -> FieldType.INT64;
                                default -> throw new IllegalArgumentException(name);
                            }));
        }
        Schema schema = Schema.of(fields);
        Row row = new Row(schema);
        List<Path> files = new ArrayList<>();
        for (int p = 0; p < parts; p++) {
            Path file = folder.resolve(csv.getFileName() + "-" + typed + "-" + p + ".parquet");
            files.add(file);
            try (PartWriter writer = parquet().write(file, schema)) {
                for (int i = 1 + p; i < lines.size(); i += parts) {
                    String[] texts = lines.get(i).split(",", -1);
                    row.clear();
                    for (int c = 0; c < texts.length; c++) {
                        String text = typed && names[c].equals("known") && c > 2 ? texts[c].replace("Z", "") : texts[c];
                        if (!text.isEmpty()) {
                            RowText.parse(row, c, text);
                        }
                    }
                    writer.append(row);
                }
                writer.commit();
            }
        }
        return files;
    }

    @Test
    @DisplayName("gives every decision its vector when asked, and other values when everything counts by event time")
    void everyDecision() throws IOException {
        Request all = new Request();
        all.every = true;
        BackfillResult vectors = all.run();
        assertThat(vectors.rows()).isEqualTo(vectors.streams().get(0).out()).isGreaterThan(SIZE - SIZE / 10);
        assertThat(vectors.leftOut()).isZero();
        assertThat(vectors.labels()).isEmpty();
        Request recorded = new Request();
        recorded.every = true;
        recorded.byEventTime = true;
        recorded.to = folder.resolve("recorded.parquet");
        BackfillResult other = recorded.run();
        assertThat(other.rows()).isEqualTo(vectors.rows());
        assertThat(other.knownBy()).isEqualTo("EVENT_TIME");
        double known = sum(Path.of(vectors.to()), "habits.n_10m");
        assertThat(sum(Path.of(other.to()), "habits.n_10m"))
                .as("payments that were not known in time count as well")
                .isGreaterThan(known);
    }

    @Test
    @DisplayName(
            "takes decisions from a file of their own, with the values of the stream's own, and carries their labels along")
    void decisionsOfTheirOwn() throws IOException {
        Request own = new Request();
        own.every = true;
        BackfillResult all = own.run();
        List<Row> expected = rows(Path.of(all.to()));
        List<String> lines = Files.readAllLines(payments);
        List<String> asked = new ArrayList<>(List.of(lines.get(0) + ",fraud,score,note"));
        for (int i = 1; i < lines.size(); i++) {
            asked.add(lines.get(i) + ",true," + i + ".5,n" + i);
        }
        Path labels = Files.write(folder.resolve("labels.csv"), asked);
        Request request = new Request();
        request.decisions = List.of(labels);
        request.to = folder.resolve("labelled.parquet");
        BackfillResult set = request.run();
        assertThat(set.labels()).containsExactly("fraud", "score", "note");
        List<ParquetColumn> columns = parquet().look(Path.of(set.to())).columns();
        assertThat(columns.subList(4, 7))
                .extracting(ParquetColumn::type)
                .containsExactly(FieldType.BOOL, FieldType.FLOAT64, FieldType.STRING);
        List<Row> rows = rows(Path.of(set.to()));
        // A copy brings another note along, so both are in conflict and the first counts, as always.
        Map<String, Row> byId = new HashMap<>();
        expected.forEach(r -> byId.put(r.text(2) + " " + r.word(0) + " " + r.word(3) + " " + r.text(1), r));
        assertThat(rows).hasSizeGreaterThan(SIZE - SIZE / 10);
        int compared = 0;
        for (Row r : rows) {
            assertThat(r.isNull(4) || r.isNull(5) || r.isNull(6)).isFalse();
            Row e = byId.get(r.text(2) + " " + r.word(0) + " " + r.word(3) + " " + r.text(1));
            if (e != null) {
                compared++;
                for (int c = 4; c < e.schema().size(); c++) {
                    assertThat(r.word(c + 3)).isEqualTo(e.word(c));
                    assertThat(r.isNull(c + 3)).isEqualTo(e.isNull(c));
                }
            }
        }
        assertThat(compared).isGreaterThan(SIZE - SIZE / 10);
        request.labels = List.of("fraud:string", "country");
        request.to = folder.resolve("chosen.parquet");
        assertThat(parquet().look(Path.of(request.run().to())).columns().subList(4, 6))
                .extracting(ParquetColumn::name)
                .containsExactly("fraud", "country");
    }

    // ---- what is wrong

    @Test
    @DisplayName("says what is wrong with a request, where, and what to do, and leaves nothing behind")
    void wrongRequests() throws IOException {
        Request unknown = new Request();
        unknown.from.put("paymnets", List.of(payments));
        IsobarException e = unknown.fails();
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(e).hasMessageContaining("no stream or source 'paymnets'");
        assertThat(e.hint()).contains("Did you mean 'payments'?");

        Request without = new Request();
        without.from.remove("chargebacks");
        assertThat(without.fails()).hasMessageContaining("Stream 'chargebacks' of pipeline 'checkout' has no files");

        Request missing = new Request();
        missing.from.put("payments", List.of(folder.resolve("nowhere.csv")));
        assertThat(missing.fails()).hasMessageContaining("nowhere.csv does not exist");

        Request strange = new Request();
        strange.from.put("payments", List.of(Files.writeString(folder.resolve("payments.xls"), "x")));
        assertThat(strange.fails().hint()).contains(".parquet");

        Request none = new Request();
        none.threads = 0;
        assertThat(none.fails().hint()).contains("at least one thread");

        Request lonely = new Request();
        lonely.labels = List.of("fraud");
        assertThat(lonely.fails().hint()).contains("--labels");

        Request noColumn = new Request();
        noColumn.decisions = List.of(payments);
        noColumn.labels = List.of("cuontry");
        assertThat(noColumn.fails().hint()).contains("Did you mean 'country'?");
        noColumn.labels = List.of("country:colour");
        assertThat(noColumn.fails().hint()).contains("local_timestamp");

        Files.writeString(folder.resolve("there.parquet"), "mine");
        Request exists = new Request();
        exists.to = folder.resolve("there.parquet");
        assertThat(exists.fails()).hasMessageContaining("there.parquet exists already");
        assertThat(folder.resolve("there.parquet")).hasContent("mine");
    }

    @Test
    @DisplayName(
            "says what is wrong with a file: columns, types, no rows, no readable rows with file and line, no labels, not Parquet, a damaged gzip")
    void wrongFiles() throws IOException {
        Request request = new Request();
        request.from.put("payments", file("a.csv", "payment,crad,at,known,cents,country\n"));
        assertThat(request.fails()).hasMessageContaining("column 'card'").hasMessageContaining("nearest is 'crad'");

        request.from.put("payments", file("b.csv", Checkout.PAYMENTS + "\n"));
        assertThat(request.fails())
                .hasMessageContaining("There are no rows for payments in")
                .hasMessageContaining("b.csv");

        request.from.put(
                "payments",
                file("c.csv", Checkout.PAYMENTS + "\n\nx,card-1,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,1,\n"));
        assertThat(request.fails())
                .hasMessageContaining("None of 1 rows for payments can be read")
                .hasMessageContaining("c.csv, line 3: payment is 'x', not");

        request.from.put(
                "payments",
                file("d.csv", Checkout.PAYMENTS + "\n999999,card-1,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,1,\n"));
        assertThat(request.fails()).hasMessageContaining("None of 1 decisions has a label: {NO_LABEL_BY_ACCEPT_CUT=1}");

        request.from.put("payments", file("e.parquet", "PAR1 but no more"));
        assertThat(request.fails()).hasMessageContaining("e.parquet is not Parquet");

        Path typed = folder.resolve("f.parquet");
        Schema schema = Schema.of(
                Field.optional("payment", FieldType.FLOAT64),
                Field.optional("card", FieldType.STRING),
                Field.optional("at", FieldType.INT64),
                Field.optional("known", FieldType.TIMESTAMP),
                Field.optional("cents", FieldType.INT32),
                Field.optional("country", FieldType.STRING));
        try (PartWriter writer = parquet().write(typed, schema)) {
            writer.commit();
        }
        request.from.put("payments", List.of(typed));
        assertThat(request.fails())
                .hasMessageContaining("column 'payment' is DOUBLE, and 'payment' of stream 'payments' is int64")
                .hasMessageContaining("column 'at' is BIGINT, and 'at' of stream 'payments' is timestamp");

        Path half = folder.resolve("g.csv.gz");
        try (var out = new java.util.zip.GZIPOutputStream(Files.newOutputStream(half))) {
            Files.copy(payments, out);
        }
        byte[] bytes = Files.readAllBytes(half);
        Files.write(half, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        request.from.put("payments", List.of(half));
        request.threads = 2;
        assertThat(request.fails().code()).isEqualTo(ErrorCode.CORRUPT);
    }

    private List<Path> file(String name, String content) throws IOException {
        return List.of(Files.writeString(folder.resolve(name), content));
    }

    // ---- whole or not at all

    @Test
    @DisplayName(
            "that is killed while it writes leaves no training set, and the next one removes what it left and makes the same")
    void killed() throws Exception {
        Path out = Files.createDirectories(folder.resolve("out"));
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledBackfill.class.getName(),
                        folder.resolve("other-home").toString(),
                        payments.toString(),
                        chargebacks.toString(),
                        out.resolve("set.parquet").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(child.exitValue()).as("it killed itself").isEqualTo(137);
        } finally {
            child.destroyForcibly();
        }
        assertThat(names(out)).isNotEmpty().allMatch(n -> n.startsWith("~"));
        Request request = new Request();
        String expected = request.run().digest();
        request.to = out.resolve("set.parquet");
        assertThat(request.run().digest()).isEqualTo(expected);
        assertThat(names(out)).containsExactly("set.dead-letters.parquet", "set.parquet");
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    // ---- looking at what was written

    private Schema schema(Path file) {
        return Schema.of(parquet().look(file).columns().stream()
                .map(c -> Field.optional(c.name(), Objects.requireNonNull(c.type())))
                .toList());
    }

    private List<Row> rows(Path file) {
        Schema schema = schema(file);
        List<Row> rows = new ArrayList<>();
        try (RowCursor cursor = parquet().read(file, schema)) {
            for (Row row = new Row(schema); cursor.next(row); row = new Row(schema)) {
                rows.add(row);
            }
        }
        return rows;
    }

    private double sum(Path file, String column) {
        int slot = schema(file).require(column);
        return rows(file).stream().mapToDouble(r -> r.float64(slot)).sum();
    }

    /** Rows stand in the file in canonical order. */
    private String digestOfFile(Path file) {
        Schema asRun = dev.isobar.runtime.table.FeatureTable.training("t", FeaturePlan.compile(PIPELINE.spec()))
                .schema();
        RowDigest.Rows digest = new RowDigest.Rows(asRun);
        try (RowCursor cursor = parquet().read(file, asRun)) {
            for (Row row = new Row(asRun); cursor.next(row); ) {
                digest.add(row);
            }
        }
        return digest.digest();
    }

    // ---- tables

    /** A store that keeps tables as the local one does, but takes files for parts and no row, under names of its own. */
    private static final class TakesFiles implements OfflineStore, ParquetParts {
        private final OfflineStore tables;
        private final ParquetFiles files;
        private final Map<String, Schema> schemas = new HashMap<>();

        TakesFiles(OfflineStore local) {
            this.tables = local;
            this.files = (ParquetFiles) local;
        }

        @Override
        public Schema fileSchema(String table) {
            Schema own = Objects.requireNonNull(schemas.get(table));
            return Schema.of(IntStream.range(0, own.size())
                    .mapToObj(i -> {
                        Field field = own.field(i);
                        return field.nullable()
                                ? Field.optional("c" + i, field.type())
                                : Field.required("c" + i, field.type());
                    })
                    .toList());
        }

        @Override
        public PartInfo load(String table, String part, Path file) {
            Schema own = Objects.requireNonNull(schemas.get(table));
            Schema named = fileSchema(table);
            assertThat(files.look(file).columns())
                    .extracting(ParquetFiles.ParquetColumn::name)
                    .containsExactlyElementsOf(
                            named.fields().stream().map(Field::name).toList());
            Row row = new Row(named);
            Row to = new Row(own);
            try (RowCursor rows = files.read(file, named);
                    PartWriter writer = tables.write(table, part)) {
                while (rows.next(row)) {
                    for (int i = 0; i < own.size(); i++) {
                        if (row.isNull(i)) {
                            to.setNull(i);
                        } else if (own.field(i).type() == FieldType.STRING) {
                            to.setText(i, String.valueOf(row.text(i)));
                        } else {
                            to.setWord(i, row.word(i));
                        }
                    }
                    writer.append(to);
                }
                return writer.commit();
            }
        }

        @Override
        public void create(TableDefinition table) {
            schemas.put(table.table(), table.schema());
            tables.create(table);
        }

        @Override
        public PartWriter write(String table, String part) {
            throw new AssertionError("rows for " + table);
        }

        @Override
        public Optional<TableInfo> describe(String table) {
            return tables.describe(table);
        }

        @Override
        public List<String> list(String prefix) {
            return tables.list(prefix);
        }

        @Override
        public RowCursor scan(ScanRequest request) {
            return tables.scan(request);
        }

        @Override
        public long erase(String table, String keyColumn, String key) {
            return tables.erase(table, keyColumn, key);
        }

        @Override
        public void drop(String table) {
            tables.drop(table);
        }
    }

    @Test
    @DisplayName("makes the same rows a part of a table, once, as a file where the store takes files")
    void table() throws IOException {
        OfflineStore local = session.offlineStore();
        OfflineStore takesFiles = new TakesFiles(local);
        AdapterSession other = new AdapterSession() {
            @Override
            public <P> P port(Class<P> port) {
                return port.cast(takesFiles);
            }

            @Override
            public List<Resource> resources() {
                return List.of();
            }

            @Override
            public void close() {
                // The local one is.
            }
        };
        Target.Binding binding =
                new Target.Binding("other", target.binding(Port.OFFLINE_STORE).capabilities(), other);
        Map<String, Target> targets = Map.of(
                "ROWS", target, "FILE", new Target("other", Map.of(Port.OFFLINE_STORE, binding), (ParquetFiles) local));
        targets.forEach((by, on) -> {
            String table = "training/" + by;
            for (int again = 0; again < 2; again++) {
                Request request = new Request();
                request.to = folder.resolve(by + again + ".parquet");
                request.table = table;
                BackfillResult result;
                try {
                    result = request.run(on);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
                BackfillResult.TablePart part = Objects.requireNonNull(result.table());
                assertThat(part.by()).isEqualTo(by);
                assertThat(part.rows()).isEqualTo(result.rows()).isPositive();
                OfflineStore.TableInfo there = local.describe(table).orElseThrow();
                assertThat(there.parts())
                        .singleElement()
                        .satisfies(p -> assertThat(p.part()).isEqualTo(part.part()));
                assertThat(RowDigest.ofTable(local, table, there.definition().schema()))
                        .isEqualTo(result.digest());
            }
        });
        Target none = new Target("other", Map.of(Port.OFFLINE_STORE, binding));
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> new Request().run(none));
        assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED);
    }
}
