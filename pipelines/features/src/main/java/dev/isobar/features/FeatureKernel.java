package dev.isobar.features;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.sketch.Murmur3;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.IdentityIndex;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.PayloadArena;
import dev.isobar.features.state.Times;
import dev.isobar.features.window.ArgumentNode;
import dev.isobar.spec.StreamSpec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of one partition of keys, and the values computed from it. A pure function of the accepted events: not of their order, of restarts
 * or of when state was freed. No I/O, no wall clock. Not thread safe: one thread owns one partition.
 *
 * <p>A checkpoint is {@link #partitionState()} and the {@link #snapshot} of each of {@link #drainDirtyKeys()}, written together with the position
 * of the log up to which events were accepted. After a restart: {@link #restorePartition}, {@link #restore} for every key, then go on from that
 * position; what is delivered twice comes back as {@link Admission#DUPLICATE}.
 *
 * <p>An id is looked for among the keys of this partition; copies of one id under keys of different partitions must have been settled before, which
 * {@link StreamAdmission} does.
 *
 * @since 0.1
 */
public final class FeatureKernel {
    private static final int SWEPT_PER_ADVANCE = 8;
    private static final int ACCEPTS_PER_SWEEP = 4;

    private final FeaturePlan plan;
    private final long retention;
    private final Partition[] streams;
    private final VectorComputation computation;

    private final Map<String, Integer> numbers = new HashMap<>();
    private @Nullable String[] names = new @Nullable String[16];
    private boolean[] dirty = new boolean[16];
    private int[] free = new int[16];
    private int freeCount;
    private int highest;
    private List<String> dirtyKeys = new ArrayList<>();
    private int sweepAt;
    private int accepts;

    /** One stream's share of the state. */
    private static final class Partition {
        private final StreamSpec spec;
        private final long longestWindow;
        private final ArgumentNode[] arguments;
        private final RowCodec codec;
        private final Row row;
        private final Frame frame;
        private final long[] masks;
        private final long[] words;
        private final IdentityIndex identities = new IdentityIndex();
        private final PayloadArena payloads = new PayloadArena();
        private final PackedId id = new PackedId();
        private @Nullable EventLog[] logs = new @Nullable EventLog[16];
        private long events;
        private long frontier = Long.MIN_VALUE;
        private long latest = Long.MIN_VALUE;
        private long retainedFrom = Long.MIN_VALUE;
        private long keepFrom = Long.MIN_VALUE;

        Partition(FeaturePlan.StreamState state) {
            this.spec = state.spec();
            this.longestWindow = state.longestWindow();
            this.arguments = state.arguments().toArray(new ArgumentNode[0]);
            this.codec = new RowCodec(state.schema());
            this.row = new Row(state.schema());
            this.frame = new Frame(row, 0, 0);
            this.masks = new long[(arguments.length + 63) >> 6];
            this.words = new long[arguments.length];
        }

        EventLog log(int key) {
            EventLog log = logs[key];
            if (log == null) {
                log = new EventLog(arguments.length);
                logs[key] = log;
            }
            return log;
        }

        void readArguments(Row from) {
            Arrays.fill(masks, 0);
            frame.row(from);
            for (int i = 0; i < arguments.length; i++) {
                words[i] = arguments[i].word(frame);
                if (frame.isNull()) {
                    masks[i >> 6] |= 1L << (i & 63);
                }
            }
        }

        void insert(int key, long eventTime, long availableTime, long content) {
            log(key).insert(eventTime, availableTime, id.high(), id.low(), content, masks, words);
            identities.put(id.high(), id.low(), key, eventTime, availableTime);
            events++;
        }

        void remove(int key, EventLog log, int at) {
            identities.remove(log.idsHigh()[at], log.idsLow()[at], key, log.eventTimes()[at], log.availableTimes()[at]);
            log.remove(at);
            events--;
        }

        /** Frees what can neither be asked nor be met again. Returns whether nothing is left. */
        boolean trim(int key) {
            EventLog log = logs[key];
            if (log == null) {
                return true;
            }
            int to = log.lowerBound(keepFrom, log.start(), log.end());
            if (to > log.start()) {
                for (int i = log.start(); i < to; i++) {
                    identities.remove(
                            log.idsHigh()[i], log.idsLow()[i], key, log.eventTimes()[i], log.availableTimes()[i]);
                }
                events -= to - log.start();
                log.removeBefore(to);
            }
            if (log.size() == 0) {
                logs[key] = null;
                return true;
            }
            return false;
        }

        void clear(int key) {
            EventLog log = logs[key];
            if (log == null) {
                return;
            }
            for (int i = log.start(); i < log.end(); i++) {
                identities.remove(log.idsHigh()[i], log.idsLow()[i], key, log.eventTimes()[i], log.availableTimes()[i]);
                payloads.forget(log.idsHigh()[i], log.idsLow()[i]);
            }
            events -= log.size();
            logs[key] = null;
        }

        void moveStarts(long retention) {
            // At the end of a stream its frontier is the end of time; what was last known must stay answerable.
            long now = Math.min(frontier, latest);
            // A length that saturates is longer than all time: nothing is ever that far behind.
            long kept = Times.plus(longestWindow, retention);
            if (kept != Long.MAX_VALUE) {
                retainedFrom = Math.max(retainedFrom, Times.minus(now, kept));
            }
            // Copies of an event come within the horizon of its available time, which is within the lateness of its
            // event time.
            long recognised = Times.plus(spec.dedupHorizonMicros(), spec.allowedLatenessMicros());
            long identity = recognised == Long.MAX_VALUE ? Long.MIN_VALUE : Times.minus(now, recognised);
            keepFrom = Math.max(keepFrom, Math.min(retainedFrom, identity));
        }
    }

    /** An empty partition. */
    public FeatureKernel(FeaturePlan plan, Retention retention) {
        this.plan = plan;
        this.retention = retention.micros();
        this.streams = new Partition[plan.streams().size()];
        for (int s = 0; s < streams.length; s++) {
            streams[s] = new Partition(plan.state(s));
        }
        this.computation = new VectorComputation(plan);
    }

    /**
     * Takes an event in.
     *
     * @param stream the stream's number in the plan
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the payload is not a row of the stream's schema; {@code UNSUPPORTED} if the
     *     operation is not an insert
     */
    public Admission accept(int stream, Event event) {
        if (event.operation() != Operation.INSERT) {
            throw IsobarException.of(
                            ErrorCode.UNSUPPORTED,
                            "Event '" + event.id() + "' of '" + plan.streams().get(stream) + "' is a "
                                    + event.operation() + "; the kernel takes inserts.")
                    .resource(event.id())
                    .hint("Write corrections as events of their own.")
                    .build();
        }
        byte[] payload = event.payload();
        return accept(
                streams[stream],
                event.id(),
                event.key(),
                event.eventTime(),
                event.availableTime(),
                null,
                payload,
                payload.length);
    }

    /** Takes an event in whose row is decoded already; the row is not kept. Equal rows are equal payloads. */
    public Admission accept(int stream, String id, String key, long eventTime, long availableTime, Row row) {
        Partition p = streams[stream];
        ByteBuffer payload = p.codec.encodeToBuffer(row);
        return accept(p, id, key, eventTime, availableTime, row, payload.array(), payload.limit());
    }

    private Admission accept(
            Partition p,
            String id,
            String key,
            long eventTime,
            long availableTime,
            @Nullable Row row,
            byte[] payload,
            int length) {
        if (Times.minus(availableTime, eventTime) > p.spec.allowedLatenessMicros()) {
            return Admission.LATE;
        }
        // Of every copy, not of the winners: which copy came first must not decide what is retained.
        if (availableTime > p.latest) {
            boolean waited = p.frontier > p.latest;
            p.latest = availableTime;
            if (waited) {
                // Where history starts must not depend on which came first, the frontier or the event.
                p.moveStarts(retention);
            }
        }
        if (++accepts % ACCEPTS_PER_SWEEP == 0) {
            sweep();
        }
        if (eventTime < p.keepFrom) {
            return Admission.EXPIRED;
        }
        PackedId packed = p.id.set(id);
        long content = Murmur3.hash(payload, 0, length);
        boolean replaces = false;
        int had = p.identities.find(packed.high(), packed.low());
        if (had >= 0 && distance(p.identities.availableTime(had), availableTime) <= p.spec.dedupHorizonMicros()) {
            int hadKey = p.identities.key(had);
            long hadAvailable = p.identities.availableTime(had);
            long hadEventTime = p.identities.eventTime(had);
            EventLog log = p.log(hadKey);
            int at = log.find(hadEventTime, hadAvailable, packed.high(), packed.low());
            if (at < 0) {
                throw IsobarException.of(
                                ErrorCode.INTERNAL, "Event '" + id + "' is indexed but not in the log of its key.")
                        .build();
            }
            boolean sameKey = key.equals(names[hadKey]);
            if (sameKey && hadEventTime == eventTime && log.contents()[at] == content) {
                if (availableTime < hadAvailable) {
                    log.read(at, p.masks, p.words);
                    p.remove(hadKey, log, at);
                    p.insert(hadKey, eventTime, availableTime, content);
                    p.payloads.put(packed.high(), packed.low(), availableTime, payload, 0, length, p.frontier);
                    markDirty(hadKey);
                }
                return Admission.DUPLICATE;
            }
            if (!goesBefore(
                    p, packed, key, eventTime, availableTime, payload, length, hadKey, hadEventTime, hadAvailable)) {
                return Admission.CONFLICT_REJECTED;
            }
            replaces = true;
        }
        if (row == null) {
            try {
                p.codec.decode(payload, p.row);
            } catch (IllegalArgumentException e) {
                throw IsobarException.of(
                                ErrorCode.CORRUPT,
                                "The payload of event '" + id + "' of '" + p.spec.name() + "' is no row of its schema: "
                                        + e.getMessage() + ".")
                        .resource(id)
                        .hint("Dead-letter the event; its bytes were damaged or written under another schema.")
                        .cause(e)
                        .build();
            }
        }
        p.readArguments(row == null ? p.row : row);
        if (replaces) {
            int loser = p.identities.key(had);
            EventLog log = p.log(loser);
            p.remove(
                    loser,
                    log,
                    log.find(
                            p.identities.eventTime(had), p.identities.availableTime(had), packed.high(), packed.low()));
            markDirty(loser);
        }
        int number = intern(key);
        for (Partition each : streams) {
            each.trim(number);
        }
        p.insert(number, eventTime, availableTime, content);
        p.payloads.put(packed.high(), packed.low(), availableTime, payload, 0, length, p.frontier);
        markDirty(number);
        return replaces ? Admission.CONFLICT_REPLACED : Admission.ADMITTED;
    }

    // Of copies in conflict the smallest by (available, event time, key bytes, payload bytes) is the event, whichever
    // came first.
    private boolean goesBefore(
            Partition p,
            PackedId id,
            String key,
            long eventTime,
            long availableTime,
            byte[] payload,
            int length,
            int hadKey,
            long hadEventTime,
            long hadAvailable) {
        if (availableTime != hadAvailable) {
            return availableTime < hadAvailable;
        }
        if (eventTime != hadEventTime) {
            return eventTime < hadEventTime;
        }
        String other = names[hadKey];
        if (other != null && !key.equals(other)) {
            return Arrays.compareUnsigned(key.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8))
                    < 0;
        }
        // 1: the payload that is kept goes after. Once the frontier has passed it is not kept and has won.
        return p.payloads.compare(id.high(), id.low(), payload, 0, length) == 1;
    }

    private static long distance(long a, long b) {
        return a > b ? Times.minus(a, b) : Times.minus(b, a);
    }

    /**
     * Promises that no event of the stream with {@code availableTime < frontierMicros} will come any more, and frees what cannot be asked again:
     * what lies more than the longest window and the retention behind the frontier, or behind the latest event if the frontier is ahead of it
     * ({@code Long.MAX_VALUE} says that the stream has ended). A frontier that is lower than before is ignored.
     */
    public void advance(int stream, long frontierMicros) {
        Partition p = streams[stream];
        p.frontier = Math.max(p.frontier, frontierMicros);
        p.moveStarts(retention);
        for (int i = 0; i < SWEPT_PER_ADVANCE; i++) {
            sweep();
        }
    }

    /** The stream's frontier; {@code Long.MIN_VALUE} before the first {@link #advance}. */
    public long frontier(int stream) {
        return streams[stream].frontier;
    }

    /** The earliest event time that is complete: windows may begin there, not before. {@code Long.MIN_VALUE} while nothing was freed. */
    public long retainedFrom(int stream) {
        return streams[stream].retainedFrom;
    }

    /**
     * Computes the vector of a decision.
     *
     * @param decision a row of {@link FeaturePlan#decisionSchema()}
     * @param id the decision's event id, so that it is not counted twice in windows that include it; null if it has none
     * @param t as of this event time (exclusive)
     * @param k known at this time (inclusive)
     * @throws dev.isobar.error.IsobarException {@code OUT_OF_RETENTION} if a window begins before what is retained; names the key, the time asked and
     *     the start of what is retained
     */
    public void evaluate(Row decision, @Nullable String id, long t, long k, FeatureVector into) {
        List<FeaturePlan.Role> roles = plan.roleList();
        for (int role = 0; role < roles.size(); role++) {
            String key = roles.get(role).reader().read(decision);
            Integer number = key == null ? null : numbers.get(key);
            computation.keys[role] = key;
            for (int s = 0; s < streams.length; s++) {
                computation.logs[role][s] = number == null ? null : streams[s].logs[number];
                computation.frontiers[role][s] = streams[s].frontier;
                computation.retained[role][s] = streams[s].retainedFrom;
            }
        }
        computation.run(decision, id, t, k, into);
    }

    /**
     * The keys whose state changed since the last call, in the order of their first change. Frontiers alone do not make a key dirty.
     * An idle key is forgotten only after it was drained: call this now and then also where nobody writes checkpoints.
     */
    public List<String> drainDirtyKeys() {
        List<String> drained = dirtyKeys;
        dirtyKeys = new ArrayList<>();
        for (String key : drained) {
            Integer number = numbers.get(key);
            if (number != null) {
                dirty[number] = false;
            }
        }
        return drained;
    }

    /** How many keys have state. */
    public int keys() {
        return numbers.size();
    }

    /** How many events are kept. */
    public long events() {
        return Arrays.stream(streams).mapToLong(p -> p.events).sum();
    }

    /** One key's state, for the checkpoint and for the online store. Equal states have equal bytes. An unknown key gives an empty state. */
    public byte[] snapshot(String key) {
        Integer number = numbers.get(key);
        @Nullable EventLog[] logs = new @Nullable EventLog[streams.length];
        long[] frontiers = new long[streams.length];
        long[] retained = new long[streams.length];
        for (int s = 0; s < streams.length; s++) {
            frontiers[s] = streams[s].frontier;
            retained[s] = streams[s].retainedFrom;
            if (number != null) {
                // Freeing is lazy; bytes must not tell how lazy.
                streams[s].trim(number);
                logs[s] = streams[s].logs[number];
            }
        }
        return KeyState.encode(plan, key, frontiers, retained, logs, (s, i) -> {
            EventLog log = logs[s];
            return log == null ? new byte[0] : streams[s].payloads.get(log.idsHigh()[i], log.idsLow()[i]);
        });
    }

    /**
     * Takes back one key's state, in place of what the kernel has of it. Frontiers and retained starts in it raise the kernel's.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged, of another key or of another layout
     */
    public void restore(String key, byte[] state) {
        KeyState read = KeyState.decode(plan, state);
        if (!read.key().equals(key)) {
            throw IsobarException.of(
                            ErrorCode.CORRUPT, "The state stored for key '" + key + "' is of key '" + read.key() + "'.")
                    .resource(key)
                    .hint("Rebuild the state from the lake, or restore an earlier checkpoint.")
                    .build();
        }
        int number = intern(key);
        for (int s = 0; s < streams.length; s++) {
            Partition p = streams[s];
            p.clear(number);
            EventLog log = read.log(s);
            p.frontier = Math.max(p.frontier, read.frontier(s));
            p.retainedFrom = Math.max(p.retainedFrom, read.retainedFrom(s));
            for (int i = log.start(); i < log.end(); i++) {
                long high = log.idsHigh()[i];
                long low = log.idsLow()[i];
                long available = log.availableTimes()[i];
                p.identities.put(high, low, number, log.eventTimes()[i], available);
                byte[] payload = read.payload(s, i);
                if (payload.length > 0) {
                    p.payloads.put(high, low, available, payload, 0, payload.length, p.frontier);
                }
                p.latest = Math.max(p.latest, available);
            }
            p.events += log.size();
            p.logs[number] = log.size() == 0 ? null : log;
            p.moveStarts(retention);
        }
    }

    /** What holds for every key of the partition, also for those never seen: frontiers and retained starts. Store it under a key of its own. */
    public byte[] partitionState() {
        return PartitionState.encode(
                plan,
                Arrays.stream(streams).mapToLong(p -> p.frontier).toArray(),
                Arrays.stream(streams).mapToLong(p -> p.retainedFrom).toArray(),
                Arrays.stream(streams).mapToLong(p -> p.latest).toArray());
    }

    /**
     * Takes back {@link #partitionState()}.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged or of another layout
     */
    public void restorePartition(byte[] state) {
        PartitionState read = PartitionState.decode(plan, state);
        for (int s = 0; s < streams.length; s++) {
            Partition p = streams[s];
            p.frontier = Math.max(p.frontier, read.frontier(s));
            p.retainedFrom = Math.max(p.retainedFrom, read.retainedFrom(s));
            p.latest = Math.max(p.latest, read.latestAvailable(s));
            p.moveStarts(retention);
        }
    }

    /** Forgets a key and everything known of it (erasure). Returns whether there was anything. */
    public boolean erase(String key) {
        Integer number = numbers.get(key);
        if (number == null) {
            return false;
        }
        for (Partition p : streams) {
            p.clear(number);
        }
        if (dirty[number]) {
            dirtyKeys.remove(key);
        }
        release(key, number);
        return true;
    }

    private int intern(String key) {
        Integer known = numbers.get(key);
        if (known != null) {
            return known;
        }
        int number = freeCount > 0 ? free[--freeCount] : highest++;
        if (number == names.length) {
            names = Arrays.copyOf(names, 2 * number);
            dirty = Arrays.copyOf(dirty, 2 * number);
            for (Partition p : streams) {
                p.logs = Arrays.copyOf(p.logs, 2 * number);
            }
        }
        names[number] = key;
        numbers.put(key, number);
        return number;
    }

    private void release(String key, int number) {
        numbers.remove(key);
        names[number] = null;
        dirty[number] = false;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = number;
    }

    private void markDirty(int number) {
        String key = names[number];
        if (!dirty[number] && key != null) {
            dirty[number] = true;
            dirtyKeys.add(key);
        }
    }

    // A little at a time, so that idle keys are freed without a pause. A key that is dirty stays until its state was
    // taken.
    private void sweep() {
        if (highest == 0) {
            return;
        }
        sweepAt = sweepAt + 1 < highest ? sweepAt + 1 : 0;
        String key = names[sweepAt];
        if (key == null) {
            return;
        }
        boolean empty = true;
        for (Partition p : streams) {
            empty &= p.trim(sweepAt);
        }
        if (empty && !dirty[sweepAt]) {
            release(key, sweepAt);
        }
    }
}
