package dev.isobar.runtime.backfill;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.features.Backfill;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.StreamAdmission;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.features.state.Times;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.ParquetFiles;
import dev.isobar.port.ParquetParts;
import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.backfill.Inputs.Input;
import dev.isobar.runtime.ingest.DeadLetter;
import dev.isobar.runtime.ingest.EventSorter;
import dev.isobar.runtime.ingest.HistoryReader;
import dev.isobar.runtime.ingest.HistoryReader.FileEvent;
import dev.isobar.runtime.label.Label;
import dev.isobar.runtime.label.LabelReader;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.RunResult.StreamCount;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.runtime.table.RowDigest;
import dev.isobar.spec.TrainingSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a training set from files. They are read once to take the decisions and to count, once more if ids occur twice, and once for each pass of the kernel's
 * backfill; nothing is kept of them but what a pass needs. The values are those that a run computes for the same decisions, to the last bit. Used once, by one thread.
 *
 * @since 0.1
 */
public final class BackfillJob {
    private static final String DEAD_LETTERS = ".dead-letters.parquet";
    private static final String PARQUET = ".parquet";
    private static final long SORT_MEMORY = 64L << 20;
    /** Left for everything that is not counted. */
    private static final long RESERVE = 48L << 20;

    private final BackfillRequest request;
    private final RunListener listener;
    private final Path scratch;
    private final String targetName;
    private final OfflineStore store;
    private final ParquetFiles parquet;
    private final FeaturePlan plan;
    private final @Nullable TrainingSpec training;
    private final Inputs inputs;
    private final Path to;
    private final Path deadTo;
    private final long started = RowText.micros(Instant.now());
    private final Counts[] counts;
    private final Copies copies;
    private final List<List<Candidate>> admitted = new ArrayList<>();
    private final Map<String, Label> labels = new HashMap<>();
    private final Asked asked;
    private @Nullable PartWriter deadLetters;
    private @Nullable Row deadRow;
    private long lastAvailable = Long.MIN_VALUE;
    private long records;

    /** What became of an input's records. */
    private static final class Counts {
        private final StreamAdmission admission;
        private long out;
        private long late;
        private long good;
        private @Nullable String firstDead;

        Counts(Input input) {
            this.admission = new StreamAdmission(input.spec());
        }

        StreamCount count(String name) {
            Map<String, Long> reasons = new TreeMap<>(admission.reasons());
            if (late > 0) {
                reasons.merge(StreamAdmission.LATE, late, Long::sum);
            }
            return new StreamCount(
                    name,
                    admission.in() + out + late,
                    admission.out() + out,
                    admission.late() + late,
                    admission.deadLetter(),
                    admission.duplicates(),
                    reasons);
        }
    }

    /** Looks at the request and at the shape of what it names. */
    public BackfillJob(Target target, BackfillRequest request, RunListener listener, Path scratch) {
        if (request.threads() < 1 || request.passes() < 0) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "A backfill on " + request.threads() + " threads in " + request.passes() + " passes")
                    .resource("isobar backfill")
                    .hint("Give at least one thread, and one pass or none for as few as memory allows.")
                    .build();
        }
        this.request = request;
        this.listener = listener;
        this.scratch = scratch;
        this.targetName = target.name();
        this.store = target.offlineStore();
        ParquetFiles files = store instanceof ParquetFiles own ? own : target.files();
        if (files == null) {
            throw IsobarException.of(
                            ErrorCode.UNSUPPORTED,
                            "The offline store of target '" + target.name() + "' writes no Parquet files")
                    .resource("--target " + target.name())
                    .hint("Make the training set with --target local.")
                    .build();
        }
        this.parquet = files;
        this.plan = FeaturePlan.compile(request.pipeline().spec());
        this.training = request.everyDecision() || !request.decisions().isEmpty()
                ? null
                : request.pipeline().spec().training();
        this.to = output(request.to());
        this.deadTo = to.resolveSibling(stem(to) + DEAD_LETTERS);
        this.inputs = Inputs.of(request, plan, parquet);
        this.counts = inputs.all().stream().map(Counts::new).toArray(Counts[]::new);
        this.asked = new Asked(decisionInput().spec());
        this.copies = new Copies(counts.length);
        for (int i = 0; i < counts.length; i++) {
            admitted.add(new ArrayList<>());
        }
    }

    /** Does it. */
    public BackfillResult execute() {
        long began = System.nanoTime();
        try {
            step("survey", this::survey);
            int[] order = asked.inOrder();
            @Nullable Label[] labelOf = new @Nullable Label[order.length];
            Map<String, Long> reasons = new TreeMap<>();
            int kept = training == null ? order.length : keepLabelled(training, order, labelOf, reasons);
            checkRows(order.length, kept, reasons);
            int passes = Math.max(request.passes(), passes(kept));
            Backfill backfill = new Backfill(plan, request.threads(), passes);
            step("features", () -> answer(backfill, order, kept));
            String digest = write(backfill, order, labelOf, kept);
            BackfillResult.TablePart part = request.table() == null ? null : store(request.table(), digest);
            double seconds = (System.nanoTime() - began) / 1e9;
            List<StreamCount> streams = new ArrayList<>();
            for (int i = 0; i < counts.length; i++) {
                streams.add(counts[i].count(inputs.all().get(i).name()));
            }
            return new BackfillResult(
                    "SUCCEEDED",
                    request.pipeline().spec().name(),
                    targetName,
                    request.pipeline().version(),
                    to.toString(),
                    deadLetters == null ? null : deadTo.toString(),
                    request.byEventTime() ? "EVENT_TIME" : "AVAILABLE_TIME",
                    streams,
                    order.length,
                    kept,
                    order.length - kept,
                    reasons,
                    plan.columns().stream().map(FeatureColumn::name).toList(),
                    training != null
                            ? List.of("_label")
                            : inputs.labels().stream().map(Field::name).toList(),
                    request.threads(),
                    passes,
                    seconds,
                    records / seconds,
                    digest,
                    part);
        } finally {
            if (deadLetters != null) {
                deadLetters.close();
            }
        }
    }

    private void step(String name, Runnable work) {
        long began = System.nanoTime();
        listener.stepStarted(name);
        work.run();
        listener.stepEnded(name, "SUCCEEDED", (System.nanoTime() - began) / 1e9, "");
    }

    // ---- reading

    private void survey() {
        @Nullable LabelReader[] readers = new @Nullable LabelReader[counts.length];
        RowCodec[] codecs = new RowCodec[counts.length];
        for (int i = 0; i < counts.length; i++) {
            Input input = inputs.all().get(i);
            codecs[i] = new RowCodec(input.spec().schema());
            if (input.labels() && training != null) {
                readers[i] = new LabelReader(training, input.spec());
            }
        }
        inputs.reader(new LinkedHashSet<>(inputs.all()), parquet, request.threads())
                .read(new HistoryReader.Sink() {
                    @Override
                    public void event(int stream, FileEvent e) {
                        Counts c = counts[stream];
                        c.good++;
                        records++;
                        long available = e.availableTime(started);
                        if (isLate(stream, e.eventTime(), available)) {
                            c.late++;
                            return;
                        }
                        c.out++;
                        copies.add(stream, e.idHash());
                        take(
                                inputs.all().get(stream),
                                readers[stream],
                                e.row(),
                                e.idHash(),
                                e.eventTime(),
                                available,
                                e);
                    }

                    @Override
                    public void dead(int stream, Path file, DeadLetter letter) {
                        Counts c = counts[stream];
                        records++;
                        c.admission.reject(letter.reason());
                        if (c.firstDead == null) {
                            c.firstDead = file + ", line " + letter.line() + ": " + letter.detail();
                        }
                        write(file.toString(), named(stream, letter));
                    }

                    @Override
                    public void progress(long bytes, long total) {
                        listener.progress("survey", "bytes read", bytes, total);
                    }
                });
        copies.settle();
        for (int i = 0; i < counts.length; i++) {
            Counts c = counts[i];
            if (c.good == 0) {
                Input input = inputs.all().get(i);
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                c.firstDead == null
                                        ? "There are no rows for " + input.name() + " in " + files(input)
                                        : "None of " + c.admission.in() + " rows for " + input.name()
                                                + " can be read; the first is in " + c.firstDead)
                        .resource(files(input))
                        .hint("Give files with rows in the shape that the pipeline declares for stream '"
                                + input.spec().name() + "'.")
                        .build();
            }
        }
        admitCopies(readers, codecs);
    }

    private DeadLetter named(int stream, DeadLetter letter) {
        return new DeadLetter(
                inputs.all().get(stream).name(), letter.reason(), letter.detail(), letter.line(), letter.original());
    }

    private boolean isLate(int stream, long eventTime, long available) {
        return Times.minus(available, eventTime)
                > inputs.all().get(stream).spec().allowedLatenessMicros();
    }

    /** A decision or a label. */
    private void take(
            Input input,
            @Nullable LabelReader reader,
            Row row,
            long hash,
            long eventTime,
            long available,
            FileEvent texts) {
        lastAvailable = Math.max(lastAvailable, available);
        if (decides(input, available)) {
            asked.add(row, eventTime, available, hash);
        }
        if (reader != null) {
            label(reader, texts.id(), available, row);
        }
    }

    /** A run answers decisions until the acceptance cut only. */
    private boolean decides(Input input, long available) {
        return input.decides() && (training == null || available < training.acceptUntilMicros());
    }

    private void label(LabelReader reader, String id, long available, Row row) {
        if (training != null && available <= training.acceptUntilMicros()) {
            double value = reader.label(row);
            if (!Double.isNaN(value)) {
                labels.merge(id, new Label(available, value), (a, b) -> b.time() >= a.time() ? b : a);
            }
        }
    }

    /** Ids that came more than once: their events are sorted by known time and admitted, as an ingest does with all. */
    private void admitCopies(@Nullable LabelReader[] readers, RowCodec[] codecs) {
        Set<Input> wanted = new LinkedHashSet<>();
        @Nullable EventSorter[] sorters = new @Nullable EventSorter[counts.length];
        for (int i = 0; i < counts.length; i++) {
            if (copies.any(i)) {
                Input input = inputs.all().get(i);
                wanted.add(input);
                sorters[i] = new EventSorter(scratch, StreamAdmission.order(input.spec()), SORT_MEMORY / counts.length);
                if (input.decides()) {
                    asked.withdraw(copies, i);
                }
            }
        }
        if (wanted.isEmpty()) {
            return;
        }
        try {
            inputs.reader(wanted, parquet, request.threads()).read(new Again("survey") {
                @Override
                public void event(int stream, FileEvent e) {
                    long available = e.availableTime(started);
                    if (!isLate(stream, e.eventTime(), available) && copies.contains(stream, e.idHash())) {
                        counts[stream].out--;
                        if (readers[stream] != null) {
                            labels.remove(e.id());
                        }
                        Objects.requireNonNull(sorters[stream])
                                .add(new Candidate(
                                        e.id(), e.key(), e.eventTime(), available, codecs[stream].encode(e.row())));
                    }
                }
            });
            for (int i = 0; i < counts.length; i++) {
                EventSorter sorter = sorters[i];
                if (sorter != null) {
                    admit(i, sorter.sorted(), readers[i], codecs[i]);
                }
            }
        } finally {
            for (@Nullable EventSorter s : sorters) {
                if (s != null) {
                    s.close();
                }
            }
        }
    }

    private void admit(int stream, Iterator<Candidate> sorted, @Nullable LabelReader reader, RowCodec codec) {
        Input input = inputs.all().get(stream);
        Row row = new Row(codec.schema());
        while (sorted.hasNext()) {
            Candidate c = sorted.next();
            switch (counts[stream].admission.offer(c.id(), c.key(), c.eventTime(), c.availableTime(), c.payload())) {
                case OUT -> {
                    if (decides(input, c.availableTime())) {
                        asked.add(c.payload(), c.eventTime(), c.availableTime(), 0);
                    }
                    if (reader != null) {
                        codec.decode(c.payload(), row);
                        label(reader, c.id(), c.availableTime(), row);
                    }
                    if (input.states().length > 0) {
                        admitted.get(stream).add(c);
                    }
                }
                case CONFLICT -> {
                    codec.decode(c.payload(), row);
                    write(
                            files(input),
                            new DeadLetter(
                                    input.name(),
                                    StreamAdmission.CONFLICTING_PAYLOAD,
                                    "another record has the id " + c.id() + " and another content",
                                    0,
                                    row.toString().getBytes(StandardCharsets.UTF_8)));
                }
                case LATE, DUPLICATE -> {
                    // Counted by the admission.
                }
            }
        }
    }

    /** Reads what was read before: the dead are written already. */
    private abstract class Again implements HistoryReader.Sink {
        private final String step;

        Again(String step) {
            this.step = step;
        }

        @Override
        public void dead(int stream, Path file, DeadLetter letter) {
            // Counted in the first reading.
        }

        @Override
        public void progress(long bytes, long total) {
            listener.progress(step, "bytes read", bytes, total);
        }
    }

    private static String files(Input input) {
        List<Path> files = input.files();
        return files.get(0) + (files.size() == 1 ? "" : " and " + (files.size() - 1) + " more");
    }

    // ---- dead letters

    private void write(String file, DeadLetter letter) {
        PartWriter writer = deadLetters;
        Row row = deadRow;
        if (writer == null || row == null) {
            List<Field> fields = new ArrayList<>(List.of(Field.required("file", FieldType.STRING)));
            fields.addAll(DeadLetter.SCHEMA.fields());
            Schema schema = Schema.of(fields);
            row = new Row(schema);
            writer = parquet.write(deadTo, schema);
            deadRow = row;
            deadLetters = writer;
        }
        row.clear();
        row.setText(0, file);
        letter.fill(row, 1);
        writer.append(row);
    }

    // ---- computing

    /** Moves decisions with a label to the front, in their order; returns how many. */
    private int keepLabelled(TrainingSpec split, int[] order, @Nullable Label[] labelOf, Map<String, Long> reasons) {
        Row row = asked.row();
        int join = row.schema().require(split.joinOn());
        int kept = 0;
        for (int d : order) {
            asked.read(d, row);
            Label label = labels.get(RowText.format(row, join));
            String part = Label.part(split, asked.eventTime(d), label);
            if (isPart(part)) {
                labelOf[kept] = label;
                order[kept++] = d;
            } else {
                reasons.merge(part, 1L, Long::sum);
            }
        }
        labels.clear();
        return kept;
    }

    private static boolean isPart(String part) {
        return part.equals(FeatureTable.TRAIN) || part.equals(FeatureTable.ACCEPT);
    }

    private void checkRows(int decisions, int kept, Map<String, Long> reasons) {
        if (kept > 0) {
            return;
        }
        throw IsobarException.of(
                        ErrorCode.INVALID_ARGUMENT,
                        decisions == 0
                                ? "There are no decisions in the input that are on time"
                                        + (training == null
                                                ? ""
                                                : " and before the acceptance cut "
                                                        + RowText.instant(training.acceptUntilMicros()))
                                : "None of " + decisions + " decisions has a label: " + reasons)
                .resource(request.pipeline().spec().name())
                .hint(
                        training == null
                                ? "Give files with decisions."
                                : "Give files that cover the pipeline's split, or take every decision without labels: --every-decision.")
                .build();
    }

    /** How many events each stream of the plan has. */
    private long[] events() {
        long[] events = new long[plan.streams().size()];
        for (int i = 0; i < counts.length; i++) {
            for (int state : inputs.all().get(i).states()) {
                events[state] = counts[i].out + admitted.get(i).size();
            }
        }
        return events;
    }

    private int passes(int decisions) {
        long[] events = events();
        // The kernel keeps decisions in columns where expressions read them, sorts by numbers, and labels are kept
        // until the end.
        long needed = asked.bytes()
                + decisions
                        * (8L * plan.columns().size()
                                + 9L * plan.decisionSchema().size()
                                + 60);
        long heap = Runtime.getRuntime().maxMemory();
        long left = heap - heap / 8 - RESERVE - needed;
        if (left < heap / 32) {
            throw IsobarException.of(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            decisions + " decisions of " + plan.columns().size() + " features take about "
                                    + (needed >> 20) + " MiB, and the heap has " + (heap >> 20) + " MiB")
                    .resource("isobar backfill")
                    .hint("Give it more, for instance ISOBAR_JAVA_OPTS=-Xmx" + ((2 * needed >> 30) + 1)
                            + "g, or make the training set in parts: fewer decisions at a time.")
                    .build();
        }
        // Room that is made at once need not grow: it is there once, or twice for a moment when the first null comes.
        if (Backfill.passes(plan, events, left / 4 * 3) == 1) {
            return 1;
        }
        return Backfill.passes(plan, events, left / 2);
    }

    private void answer(Backfill backfill, int[] order, int kept) {
        if (backfill.passes() > 1) {
            listener.notice("The events do not fit into a heap of "
                    + (Runtime.getRuntime().maxMemory() >> 20) + " MiB at once: they are read in " + backfill.passes()
                    + " passes");
        }
        backfill.expectDecisions(kept);
        if (backfill.passes() == 1) {
            long[] events = events();
            for (int state = 0; state < events.length; state++) {
                backfill.expectEvents(state, (int) Math.min(Integer.MAX_VALUE, events[state]));
            }
        }
        Row decision = asked.row();
        Row planned = new Row(plan.decisionSchema());
        for (int i = 0; i < kept; i++) {
            int d = order[i];
            asked.read(d, decision);
            copy(decision, planned);
            backfill.decision(
                    planned,
                    asked.id(decision),
                    asked.eventTime(d),
                    request.byEventTime() ? Long.MAX_VALUE : asked.knownAt(d));
        }
        Set<Input> wanted = new LinkedHashSet<>();
        for (Input input : inputs.all()) {
            if (input.states().length > 0) {
                wanted.add(input);
            }
        }
        for (int pass = 0; pass < backfill.passes(); pass++) {
            long[] again = new long[counts.length];
            for (int i = 0; i < counts.length; i++) {
                feedAdmitted(backfill, i);
            }
            inputs.reader(wanted, parquet, request.threads()).read(new Again("features") {
                @Override
                public void event(int stream, FileEvent e) {
                    again[stream]++;
                    if (copies.contains(stream, e.idHash())) {
                        return;
                    }
                    Input input = inputs.all().get(stream);
                    boolean stamped = input.spec().availableTime() == null;
                    for (int state : input.states()) {
                        if (stamped) {
                            backfill.event(state, e.id(), e.eventTime(), started, e.row());
                        } else {
                            backfill.event(state, e.row());
                        }
                    }
                }
            });
            for (int i = 0; i < counts.length; i++) {
                Input input = inputs.all().get(i);
                if (wanted.contains(input) && again[i] != counts[i].good) {
                    throw IsobarException.of(
                                    ErrorCode.CONFLICT,
                                    "The files of " + input.name() + " changed while they were read: " + counts[i].good
                                            + " rows, then " + again[i])
                            .resource(files(input))
                            .hint("Run the same command again when nobody writes to them.")
                            .build();
                }
            }
            backfill.answer();
        }
    }

    private Input decisionInput() {
        return inputs.all().stream().filter(Input::decides).findFirst().orElseThrow();
    }

    private void feedAdmitted(Backfill backfill, int stream) {
        Input input = inputs.all().get(stream);
        RowCodec codec = new RowCodec(input.spec().schema());
        Row row = new Row(codec.schema());
        for (Candidate c : admitted.get(stream)) {
            codec.decode(c.payload(), row);
            for (int state : input.states()) {
                backfill.event(state, c.id(), c.eventTime(), c.availableTime(), row);
            }
        }
    }

    /** The first columns, by their places. */
    private static void copy(Row from, Row to) {
        for (int i = 0; i < to.schema().size(); i++) {
            copy(from, i, to, i);
        }
    }

    private static void copy(Row from, int slot, Row to, int toSlot) {
        if (from.isNull(slot)) {
            to.setNull(toSlot);
        } else if (from.schema().field(slot).type() == FieldType.STRING) {
            to.setText(toSlot, String.valueOf(from.text(slot)));
        } else {
            to.setWord(toSlot, from.word(slot));
        }
    }

    // ---- writing

    private FeatureTable table(String name) {
        return training == null ? FeatureTable.with(inputs.labels(), name, plan) : FeatureTable.training(name, plan);
    }

    private String write(Backfill backfill, int[] order, @Nullable Label[] labelOf, int kept) {
        FeatureTable table = table(String.valueOf(to.getFileName()));
        RowDigest.Rows digest = new RowDigest.Rows(table.schema());
        step("write", () -> {
            try (PartWriter writer = parquet.write(to, table.schema())) {
                rows(backfill, order, labelOf, kept, table, digest, writer);
                // A training set that is there says what became of all records.
                if (deadLetters != null) {
                    deleteLeftOver();
                    deadLetters.commit();
                }
                try {
                    writer.commit();
                } catch (RuntimeException e) {
                    deleteLeftOver();
                    throw e;
                }
            }
        });
        return digest.digest();
    }

    /** The file's rows as a part of a table, whose name is theirs: who does it again finds them there. */
    private BackfillResult.TablePart store(String name, String digest) {
        FeatureTable table = table(name);
        String part = "backfill-" + digest.substring(digest.indexOf(':') + 1);
        boolean whole = store instanceof ParquetParts;
        PartInfo[] made = new PartInfo[1];
        step("table", () -> {
            store.create(table.definition());
            made[0] = store instanceof ParquetParts parts
                    ? parts.load(name, part, under(parts.fileSchema(name), table.schema()))
                    : copied(() -> store.write(name, part), table.schema(), table.schema());
        });
        return new BackfillResult.TablePart(name, part, made[0].rows(), made[0].bytes(), whole ? "FILE" : "ROWS");
    }

    /** The file, or one of the same rows under other names. */
    private Path under(Schema names, Schema own) {
        if (names.equals(own)) {
            return to;
        }
        Path renamed = scratch.resolve("renamed.parquet");
        copied(() -> parquet.write(renamed, names), own, names);
        return renamed;
    }

    private PartInfo copied(Supplier<PartWriter> into, Schema own, Schema names) {
        Row from = new Row(own);
        Row row = new Row(names);
        long rows = 0;
        try (RowCursor cursor = parquet.read(to, own);
                PartWriter writer = into.get()) {
            while (cursor.next(from)) {
                copy(from, row);
                writer.append(row);
                if ((++rows & 0xfff) == 0) {
                    listener.progress("table", "rows", rows, -1);
                }
            }
            return writer.commit();
        }
    }

    private void rows(
            Backfill backfill,
            int[] order,
            @Nullable Label[] labelOf,
            int kept,
            FeatureTable table,
            RowDigest.Rows digest,
            PartWriter writer) {
        Row decision = asked.row();
        int[] slots = inputs.labels().stream()
                .mapToInt(f -> decision.schema().require(f.name()))
                .toArray();
        FeatureVector vector = new FeatureVector(plan);
        Row row = new Row(table.schema());
        for (int i = 0; i < kept; i++) {
            int d = order[i];
            backfill.read(i, vector);
            asked.read(d, decision);
            table.fill(row, asked.key(decision), asked.id(decision), vector);
            if (request.byEventTime()) {
                row.setWord(3, lastAvailable);
            }
            Label label = labelOf[i];
            if (training != null && label != null) {
                table.label(row, label.time(), label.value(), Label.part(training, asked.eventTime(d), label));
            }
            for (int l = 0; l < slots.length; l++) {
                copy(decision, slots[l], row, FeatureTable.VECTOR_HEAD + l);
            }
            digest.add(row);
            writer.append(row);
            if ((i & 0xfff) == 0) {
                listener.progress("write", "rows", i, kept);
            }
        }
        listener.progress("write", "rows", kept, kept);
    }

    /** A command that was killed between its two files has left the first. */
    private void deleteLeftOver() {
        try {
            Files.deleteIfExists(deadTo);
        } catch (IOException e) {
            throw IsobarException.io("removing " + deadTo, e);
        }
    }

    private static String stem(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(0, name.length() - PARQUET.length());
    }

    private static Path output(Path given) {
        Path absolute = given.toAbsolutePath().normalize();
        Path file = String.valueOf(absolute.getFileName()).endsWith(PARQUET)
                ? absolute
                : absolute.resolve("training-set" + PARQUET);
        if (Files.exists(file)) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "The file " + file + " exists already")
                    .resource("--to " + given)
                    .hint("Remove it, or give another name: a training set is never written over another.")
                    .build();
        }
        try {
            Path folder = file.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw IsobarException.io("making the folder of " + file, e);
        }
        return file;
    }
}
