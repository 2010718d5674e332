package dev.isobar.features;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.state.EventColumns;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.KeyTable;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Times;
import dev.isobar.features.window.Scanner;
import dev.isobar.features.window.WindowScan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Vectors of many decisions over a whole recorded history at once: what {@link FeatureKernel} gives when it is fed in known-time order, bit for bit, but key by key
 * and on several threads. A value follows from the recorded events and (t, k) alone, so the order in which decisions are answered is free.
 *
 * <p>First all {@link #decision decisions}, then pass by pass the whole history of {@link #event events} and {@link #answer()}. Each pass takes the keys of its own
 * share, so a history that is larger than memory is read once per pass ({@link #passes} says how many that must be). Events of keys that no decision asks for are
 * not kept. Not thread safe; {@link #read} is, once everything is answered.
 *
 * <p>Copies: the input is what ingest has admitted, one event for each id. Copies of one key and event time are found here as well (the one that became available
 * first counts); copies under other keys or times are for {@link StreamAdmission}. Events later than the stream allows do not count.
 *
 * @since 0.1
 */
public final class Backfill {
    /** A NaN that no computation gives: they give the canonical one. */
    private static final long NONE = 0x7ff8_dead_dead_deadL;

    private static final int CHUNK_SHIFT = 12;
    private static final int CHUNK = 1 << CHUNK_SHIFT;

    /** Shares of work a thread takes at a time; a hot key is one of its own. */
    private static final int SHARES = 64;

    private final FeaturePlan plan;
    private final int threads;
    private final int passes;
    private final Intake[] streams;
    private final RoleDecisions[] roles;
    private final KeyTable keys;
    private final FeaturePlan.Step[] steps;
    private final @Nullable Rows rows;
    private final boolean currents;
    private final PackedId id = new PackedId();

    private int decisions;
    private long[] asOf = new long[0];
    private long[] knownAt = new long[0];
    private long[] idsHigh = new long[0];
    private long[] idsLow = new long[0];
    private long firstKnownAt = Long.MAX_VALUE;
    private long lastKnownAt = Long.MIN_VALUE;
    private long[][] values = new long[0][];
    private int pass;

    /** Takes events of one stream in. */
    private static final class Intake extends StreamIntake {
        private final EventColumns events;

        Intake(FeaturePlan.StreamState state) {
            super(state);
            this.events = new EventColumns(state.layout(), spec.dedupHorizonMicros());
        }

        void add(int number, long eventTime, long availableTime, Row row) {
            readArguments(row);
            events.add(number, eventTime, availableTime, id.high(), id.low(), masks, words);
        }
    }

    /** A role: which decisions ask for which key. */
    private static final class RoleDecisions {
        private final KeyReader reader;
        private final List<WindowScan> scans;
        private final int[] targets;
        private int[] keys = new int[0];
        private int[] order = new int[0];
        private int[] ends = new int[0];

        RoleDecisions(FeaturePlan.Role role) {
            this.reader = role.reader();
            this.scans = role.scans();
            this.targets = role.scans().stream()
                    .flatMapToInt(s -> Arrays.stream(s.targets()))
                    .sorted()
                    .toArray();
        }

        /** Decisions by key, those without a key behind the last. */
        void group(int keyCount, int decisions) {
            ends = new int[keyCount + 2];
            for (int d = 0; d < decisions; d++) {
                ends[bucket(d, keyCount) + 1]++;
            }
            for (int k = 0; k <= keyCount; k++) {
                ends[k + 1] += ends[k];
            }
            order = new int[decisions];
            for (int d = 0; d < decisions; d++) {
                order[ends[bucket(d, keyCount)]++] = d;
            }
        }

        private int bucket(int decision, int keyCount) {
            return keys[decision] < 0 ? keyCount : keys[decision];
        }

        int from(int key) {
            return key == 0 ? 0 : ends[key - 1];
        }

        int count(int key) {
            return ends[key] - from(key);
        }
    }

    /** Decision rows in flat columns, kept where an expression reads them. */
    private static final class Rows {
        private final Schema schema;
        private final long[][] words;
        private final boolean[][] present;
        private final @Nullable String[][] texts;

        Rows(Schema schema) {
            this.schema = schema;
            this.words = new long[schema.size()][0];
            this.present = new boolean[schema.size()][0];
            this.texts = new @Nullable String[schema.size()][0];
        }

        void grow(int capacity) {
            for (int c = 0; c < words.length; c++) {
                present[c] = Arrays.copyOf(present[c], capacity);
                if (schema.field(c).type() == FieldType.STRING) {
                    texts[c] = Arrays.copyOf(texts[c], capacity);
                } else {
                    words[c] = Arrays.copyOf(words[c], capacity);
                }
            }
        }

        void put(int at, Row row) {
            for (int c = 0; c < words.length; c++) {
                present[c][at] = !row.isNull(c);
                if (schema.field(c).type() == FieldType.STRING) {
                    texts[c][at] = row.text(c);
                } else {
                    words[c][at] = row.word(c);
                }
            }
        }

        void get(int at, Row row) {
            for (int c = 0; c < words.length; c++) {
                if (!present[c][at]) {
                    row.setNull(c);
                } else if (schema.field(c).type() == FieldType.STRING) {
                    row.setText(c, String.valueOf(texts[c][at]));
                } else {
                    row.setWord(c, words[c][at]);
                }
            }
        }
    }

    /** What a thread needs to answer. */
    private final class Worker {
        private final Scanner[][] scanners;
        private final EventLog[] logs;
        private final boolean[] loaded;
        private final double[] aggregates = new double[plan.values()];
        private final boolean[] nulls = new boolean[plan.values()];
        private final Row row = new Row(plan.decisionSchema());
        private final Frame frame = new Frame(row);
        private final PackedId current = new PackedId();
        private long[] times = new long[16];
        private long first;
        private int shift;
        private long spread;

        Worker() {
            this.scanners = Arrays.stream(roles)
                    .map(r -> r.scans.stream().map(Scanner::new).toArray(Scanner[]::new))
                    .toArray(Scanner[][]::new);
            this.logs = Arrays.stream(streams).map(s -> s.events.log()).toArray(EventLog[]::new);
            this.loaded = new boolean[logs.length];
            frame.values(aggregates, nulls);
        }

        void answer(int key, boolean known) {
            Arrays.fill(loaded, false);
            for (int role = 0; role < roles.length; role++) {
                RoleDecisions r = roles[role];
                int from = r.from(key);
                int n = r.count(key);
                boolean packed = sort(r.order, from, n);
                for (int i = 0; i < n; i++) {
                    int decision = packed ? r.order[from + (int) (times[i] & spread)] : r.order[from + i];
                    long t = packed ? first + (times[i] >> shift) : asOf[decision];
                    answer(role, decision, t, key, known);
                }
            }
        }

        /** Decisions by t: their times and their places as one number each if that fits, else their order itself is changed. */
        private boolean sort(int[] order, int from, int n) {
            if (n > times.length) {
                times = new long[n + (n >> 1)];
            }
            long least = Long.MAX_VALUE;
            long most = Long.MIN_VALUE;
            for (int i = 0; i < n; i++) {
                long t = asOf[order[from + i]];
                times[i] = t;
                least = Math.min(least, t);
                most = Math.max(most, t);
            }
            first = least;
            shift = 32 - Integer.numberOfLeadingZeros(n);
            spread = (1L << shift) - 1;
            long range = Times.minus(most, least);
            if (range > Long.MAX_VALUE >> shift) {
                int[] sorted = IntStream.range(from, from + n)
                        .mapToObj(i -> order[i])
                        .sorted((a, b) -> Long.compare(asOf[a], asOf[b]))
                        .mapToInt(Integer::intValue)
                        .toArray();
                System.arraycopy(sorted, 0, order, from, n);
                return false;
            }
            for (int i = 0; i < n; i++) {
                times[i] = times[i] - least << shift | i;
            }
            Arrays.sort(times, 0, n);
            return true;
        }

        private void answer(int role, int decision, long t, int key, boolean known) {
            boolean hasId = false;
            if (rows != null) {
                rows.get(decision, row);
                hasId = currents && idsLow[decision] != NONE;
                if (hasId) {
                    current.set(idsHigh[decision], idsLow[decision]);
                }
            }
            frame.values(aggregates, nulls);
            for (Scanner s : scanners[role]) {
                int stream = s.scan().stream();
                EventColumns events = streams[stream].events;
                boolean any = known && events.count(key) > 0;
                if (any && !loaded[stream]) {
                    events.load(key, logs[stream], !currents && events.latestAvailable() <= firstKnownAt);
                    loaded[stream] = true;
                }
                s.run(
                        any ? logs[stream] : null,
                        t,
                        firstKnownAt == lastKnownAt ? firstKnownAt : knownAt[decision],
                        hasId ? current : null,
                        frame);
            }
            long[] into = values[decision >> CHUNK_SHIFT];
            int at = (decision & CHUNK - 1) * plan.values();
            for (int target : roles[role].targets) {
                into[at + target] = nulls[target] ? NONE : Double.doubleToRawLongBits(aggregates[target]);
            }
        }

        /** What is more than an aggregate. */
        void finish(int chunk) {
            int n = plan.values();
            long[] words = values[chunk];
            for (int i = 0; i < CHUNK && (chunk << CHUNK_SHIFT) + i < decisions; i++) {
                for (int v = 0; v < n; v++) {
                    long word = words[i * n + v];
                    nulls[v] = word == NONE;
                    aggregates[v] = word == NONE ? 0.0 : Double.longBitsToDouble(word);
                }
                if (rows != null) {
                    rows.get((chunk << CHUNK_SHIFT) + i, row);
                }
                VectorComputation.run(steps, frame);
                for (FeaturePlan.Step step : steps) {
                    int v = step.column();
                    words[i * n + v] = nulls[v] ? NONE : Double.doubleToRawLongBits(aggregates[v]);
                }
            }
        }
    }

    /**
     * Nothing yet.
     *
     * @param threads how many threads answer, at least 1
     * @param passes how often the history will be read, at least 1
     */
    public Backfill(FeaturePlan plan, int threads, int passes) {
        if (threads < 1 || passes < 1) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "A backfill on " + threads + " threads in " + passes + " passes.")
                    .hint("Both are at least 1.")
                    .build();
        }
        this.plan = plan;
        this.threads = threads;
        this.passes = passes;
        this.streams = IntStream.range(0, plan.streams().size())
                .mapToObj(s -> new Intake(plan.state(s)))
                .toArray(Intake[]::new);
        this.roles = plan.roleList().stream().map(RoleDecisions::new).toArray(RoleDecisions[]::new);
        this.keys = new KeyTable(plan.numericKeys());
        this.steps = plan.steps().toArray(new FeaturePlan.Step[0]);
        this.currents =
                plan.roleList().stream().anyMatch(r -> r.scans().stream().anyMatch(WindowScan::withCurrent));
        this.rows = steps.length > 0 || currents ? new Rows(plan.decisionSchema()) : null;
    }

    /**
     * How many passes keep the events of one within a budget.
     *
     * @param events how many events each numbered stream of the plan has, about
     * @param budget bytes
     */
    public static int passes(FeaturePlan plan, long[] events, long budget) {
        double bytes = 0;
        double needed = 0;
        for (int s = 0; s < events.length; s++) {
            bytes += (double) events[s]
                    * EventColumns.bytesPerEvent(plan.state(s).layout());
            // Keys are not equally busy.
            needed = Math.max(
                    needed, 2.0 * events[s] / EventColumns.most(plan.state(s).layout()));
        }
        // Arrays grow by half.
        needed = Math.max(1.5 * bytes / Math.max(1, budget), needed);
        return (int) Math.min(Integer.MAX_VALUE, Math.max(1, Math.ceil(needed)));
    }

    /** How many passes there are. */
    public int passes() {
        return passes;
    }

    /** How many decisions there are. */
    public int decisions() {
        return decisions;
    }

    /** Makes room for so many decisions. */
    public void expectDecisions(int count) {
        if (count > asOf.length) {
            grow(count);
        }
    }

    /** Makes room for so many events of a numbered stream in a pass. */
    public void expectEvents(int stream, int count) {
        streams[stream].events.expect(count);
    }

    private void grow(int capacity) {
        asOf = Arrays.copyOf(asOf, capacity);
        knownAt = Arrays.copyOf(knownAt, capacity);
        for (RoleDecisions r : roles) {
            r.keys = Arrays.copyOf(r.keys, capacity);
        }
        if (currents) {
            idsHigh = Arrays.copyOf(idsHigh, capacity);
            idsLow = Arrays.copyOf(idsLow, capacity);
        }
        if (rows != null) {
            rows.grow(capacity);
        }
    }

    /**
     * Asks for a vector.
     *
     * @param decision a row of {@link FeaturePlan#decisionSchema()}; not kept
     * @param decisionId its event id, so that it is not counted twice in windows that include it; null if it has none
     * @param t as of this event time (exclusive)
     * @param k known at this time (inclusive)
     * @return the decision's number: 0, 1, 2, …
     */
    public int decision(Row decision, @Nullable String decisionId, long t, long k) {
        if (pass > 0 || values.length > 0) {
            throw new IllegalStateException("decisions come before events");
        }
        int at = decisions;
        if (at == asOf.length) {
            grow(Math.max(CHUNK, at + (at >> 1)));
        }
        asOf[at] = t;
        knownAt[at] = k;
        firstKnownAt = Math.min(firstKnownAt, k);
        lastKnownAt = Math.max(lastKnownAt, k);
        for (RoleDecisions r : roles) {
            int number = -1;
            if (r.reader.isPresent(decision)) {
                number = r.reader.find(decision, keys);
                if (number < 0) {
                    number = r.reader.add(decision, keys);
                }
            }
            r.keys[at] = number;
        }
        if (currents) {
            boolean packed = decisionId != null && id.set(decisionId, plan.numericIds());
            idsHigh[at] = packed ? id.high() : 0;
            idsLow[at] = packed ? id.low() : NONE;
        }
        if (rows != null) {
            rows.put(at, decision);
        }
        decisions = at + 1;
        return at;
    }

    /**
     * Takes an event of the history in.
     *
     * @param stream the stream's number in the plan
     * @param row a row of the stream's schema; not kept
     * @throws dev.isobar.error.IsobarException {@code INVALID_ARGUMENT} if the id is not an integer where the stream's column for it is
     */
    public void event(int stream, String eventId, long eventTime, long availableTime, Row row) {
        Intake s = streams[stream];
        int number = wanted(s, eventTime, availableTime, row);
        if (number >= 0) {
            s.readId(eventId);
            s.add(number, eventTime, availableTime, row);
        }
    }

    /**
     * Takes an event in whose id, key and times stand in its columns.
     *
     * @throws dev.isobar.error.IsobarException {@code INVALID_ARGUMENT} if it has no id or no event time, or if the stream has no column for the available
     *     time
     */
    public void event(int stream, Row row) {
        Intake s = streams[stream];
        s.checkEnvelope(row);
        long eventTime = s.eventTime(row);
        long availableTime = s.availableTime(row);
        int number = wanted(s, eventTime, availableTime, row);
        if (number >= 0) {
            s.readId(row);
            s.add(number, eventTime, availableTime, row);
        }
    }

    /** The number of the event's key; −1 if nobody asks for it in this pass. */
    private int wanted(Intake s, long eventTime, long availableTime, Row row) {
        if (s.isLate(eventTime, availableTime)) {
            return -1;
        }
        int number = s.key.find(row, keys);
        return number < 0 || passes > 1 && number % passes != pass ? -1 : number;
    }

    /**
     * Answers what is asked of this pass's keys, and begins the next pass. After the last one every vector can be {@link #read}.
     *
     * @throws IllegalStateException after the last pass
     */
    public void answer() {
        if (pass == passes) {
            throw new IllegalStateException("there were only " + passes + " passes");
        }
        int keyCount = keys.highest();
        if (pass == 0) {
            begin(keyCount);
        }
        List<Callable<@Nullable Void>> groups = new ArrayList<>();
        for (Intake s : streams) {
            groups.add(() -> {
                s.events.group(keyCount);
                return null;
            });
        }
        run(groups);
        int[] shares = shares(keyCount);
        AtomicInteger next = new AtomicInteger();
        parallel(w -> {
            for (int i = next.getAndIncrement(); i < shares.length - 1; i = next.getAndIncrement()) {
                for (int key = shares[i]; key < shares[i + 1]; key++) {
                    if (passes == 1 || key % passes == pass || key == keyCount && pass == 0) {
                        w.answer(key, key < keyCount);
                    }
                }
            }
        });
        for (Intake s : streams) {
            s.events.clear();
        }
        pass++;
        if (pass == passes && steps.length > 0) {
            AtomicInteger chunk = new AtomicInteger();
            parallel(w -> {
                for (int c = chunk.getAndIncrement(); c < values.length; c = chunk.getAndIncrement()) {
                    w.finish(c);
                }
            });
        }
    }

    private void begin(int keyCount) {
        values = new long[(decisions + CHUNK - 1) >> CHUNK_SHIFT][];
        for (int c = 0; c < values.length; c++) {
            int n = Math.min(CHUNK, decisions - (c << CHUNK_SHIFT));
            values[c] = new long[n * plan.values()];
        }
        for (RoleDecisions r : roles) {
            r.group(keyCount, decisions);
        }
    }

    /** Ranges of keys with about the same work; the last bucket is of decisions without a key. */
    private int[] shares(int keyCount) {
        long all = 0;
        for (int key = 0; key <= keyCount; key++) {
            all += work(key, keyCount);
        }
        long each = Math.max(1, all / ((long) threads * SHARES));
        int[] starts = new int[threads * SHARES + 3];
        int n = 1;
        long sum = 0;
        for (int key = 0; key <= keyCount; key++) {
            sum += work(key, keyCount);
            if (sum >= each && n < starts.length - 1) {
                starts[n++] = key + 1;
                sum = 0;
            }
        }
        starts[n++] = keyCount + 1;
        return Arrays.copyOf(starts, n);
    }

    private long work(int key, int keyCount) {
        long work = 0;
        for (RoleDecisions r : roles) {
            work += 4L * r.count(key);
        }
        if (key < keyCount) {
            for (Intake s : streams) {
                work += s.events.count(key);
            }
        }
        return work;
    }

    private interface Work {
        void on(Worker worker);
    }

    private void parallel(Work work) {
        List<Callable<@Nullable Void>> tasks = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            tasks.add(() -> {
                work.on(new Worker());
                return null;
            });
        }
        run(tasks);
    }

    private void run(List<Callable<@Nullable Void>> tasks) {
        if (threads == 1 || tasks.size() <= 1) {
            for (Callable<@Nullable Void> task : tasks) {
                try {
                    task.call();
                } catch (Exception e) {
                    throw unexpected(e);
                }
            }
            return;
        }
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(threads, tasks.size()));
        try {
            for (Future<@Nullable Void> f : pool.invokeAll(tasks)) {
                f.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.UNAVAILABLE, "The backfill was interrupted.")
                    .hint("Start it again; it has written nothing.")
                    .cause(e)
                    .build();
        } catch (ExecutionException e) {
            throw unexpected(e.getCause() == null ? e : e.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    private static RuntimeException unexpected(Throwable e) {
        if (e instanceof RuntimeException r) {
            return r;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }

    /**
     * A decision's vector. Every pass must be answered.
     *
     * @param decision its number
     */
    public void read(int decision, FeatureVector into) {
        checkDone();
        into.take(
                asOf[decision],
                knownAt[decision],
                values[decision >> CHUNK_SHIFT],
                (decision & CHUNK - 1) * plan.values(),
                NONE);
    }

    /** One value of a decision's vector; NaN for null. Every pass must be answered. */
    public double valueOrNan(int decision, int column) {
        // NONE is a NaN.
        return Double.longBitsToDouble(
                values[decision >> CHUNK_SHIFT][(decision & CHUNK - 1) * plan.values() + column]);
    }

    /** Whether a value of a decision's vector is null. Every pass must be answered. */
    public boolean isNull(int decision, int column) {
        return values[decision >> CHUNK_SHIFT][(decision & CHUNK - 1) * plan.values() + column] == NONE;
    }

    private void checkDone() {
        if (pass < passes) {
            throw new IllegalStateException("pass " + (pass + 1) + " of " + passes + " is not answered yet");
        }
    }
}
