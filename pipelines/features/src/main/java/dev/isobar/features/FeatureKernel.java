package dev.isobar.features;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import dev.isobar.event.Row;
import dev.isobar.features.state.EventLog;
import dev.isobar.features.state.IdentityIndex;
import dev.isobar.features.state.KeyTable;
import dev.isobar.features.state.Spill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    private static final int SWEPT = 4;
    private static final int ACCEPTS_PER_SWEEP = 16;

    private final FeaturePlan plan;
    private final long retention;
    private final StreamPartition[] streams;
    private final VectorComputation computation;

    private final KeyTable keys;
    private final KeyReader[] readers;
    private final EventLog[][] views;
    private boolean[] dirty = new boolean[16];
    private int[] dirtyKeys = new int[16];
    private int dirtyCount;
    private int sweepAt;
    private int accepts;
    private @Nullable Changes changes;

    /** An empty partition, all in memory. */
    public FeatureKernel(FeaturePlan plan, Retention retention) {
        this(plan, retention, null, Long.MAX_VALUE);
    }

    /**
     * An empty partition whose state may be larger than memory.
     *
     * @param spill where to put what is beyond the budget; null for nowhere
     * @param bytes how much of the events may be in memory; what keys and ids take comes on top
     */
    public FeatureKernel(FeaturePlan plan, Retention retention, @Nullable Spill spill, long bytes) {
        this.plan = plan;
        this.retention = retention.micros();
        this.streams = new StreamPartition[plan.streams().size()];
        for (int s = 0; s < streams.length; s++) {
            streams[s] = new StreamPartition(s, plan.state(s), spill, bytes / streams.length);
        }
        this.computation = new VectorComputation(plan);
        this.keys = new KeyTable(plan.numericKeys());
        this.readers = plan.roleList().stream().map(FeaturePlan.Role::reader).toArray(KeyReader[]::new);
        this.views = new EventLog[plan.roleList().size()][streams.length];
        for (EventLog[] row : views) {
            for (int s = 0; s < streams.length; s++) {
                row[s] = new EventLog(plan.state(s).layout());
            }
        }
        for (StreamPartition p : streams) {
            moveStarts(p);
        }
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
        StreamPartition p = streams[stream];
        try {
            p.codec.decode(event.payload(), p.row);
        } catch (IllegalArgumentException e) {
            throw IsobarException.of(
                            ErrorCode.CORRUPT,
                            "The payload of event '" + event.id() + "' of '" + p.spec.name()
                                    + "' is no row of its schema: " + e.getMessage() + ".")
                    .resource(event.id())
                    .hint("Dead-letter the event; its bytes were damaged or written under another schema.")
                    .cause(e)
                    .build();
        }
        return accept(stream, event.id(), event.key(), event.eventTime(), event.availableTime(), p.row);
    }

    /**
     * Takes an event in whose row is decoded already; the row is not kept. Two copies of an id with the same key, event time and columns are one event.
     *
     * @throws dev.isobar.error.IsobarException {@code INVALID_ARGUMENT} if id or key are not integers where the stream's columns for them are
     */
    public Admission accept(int stream, String id, String key, long eventTime, long availableTime, Row row) {
        StreamPartition p = streams[stream];
        p.readId(id);
        return admit(p, key, eventTime, availableTime, row);
    }

    /**
     * Takes an event in whose id, key and times stand in its columns. Allocates nothing for a key that is known.
     *
     * @param row a row of the stream's schema; not kept
     * @return null if a column of its key is null: nobody can ask for such an event, and it is not kept
     * @throws dev.isobar.error.IsobarException {@code INVALID_ARGUMENT} if it has no id or no event time, or if the stream has no column for the available
     *     time
     */
    public @Nullable Admission accept(int stream, Row row) {
        StreamPartition p = streams[stream];
        p.checkEnvelope(row);
        if (!p.key.isPresent(row)) {
            return null;
        }
        p.readId(row);
        return admit(p, null, p.eventTime(row), p.availableTime(row), row);
    }

    /** The event whose id the partition has packed. The key is the row's if it is not given. */
    private Admission admit(StreamPartition p, @Nullable String key, long eventTime, long availableTime, Row row) {
        p.events.begin();
        if (p.isLate(eventTime, availableTime)) {
            return Admission.LATE;
        }
        // Of every copy, not of the winners: which copy came first must not decide what is retained.
        if (availableTime > p.latest) {
            boolean waited = p.frontier > p.latest;
            p.latest = availableTime;
            if (waited) {
                // Where history starts must not depend on which came first, the frontier or the event.
                moveStarts(p);
            }
        }
        if ((++accepts & ACCEPTS_PER_SWEEP - 1) == 0) {
            sweep();
        }
        if (eventTime < p.keepFrom) {
            return Admission.EXPIRED;
        }
        int number = key == null ? p.key.find(row, keys) : keys.find(key);
        int idHash = IdentityIndex.hash(p.id.high(), p.id.low());
        int had = p.find(idHash, availableTime);
        if (had >= 0) {
            return meet(p, had, number, key, idHash, eventTime, availableTime, row);
        }
        if (availableTime < p.frontier) {
            // Nothing new comes from before the frontier: it was here before, and is still, or lost, or was freed.
            EventLog log = number < 0 ? null : p.events.open(number, p.view);
            int at = log == null ? -1 : log.findAt(eventTime, p.id.high(), p.id.low());
            return log != null && at >= 0 && log.content(at) == p.content.of(row)
                    ? Admission.DUPLICATE
                    : Admission.EXPIRED;
        }
        p.readArguments(row);
        take(p, number, key, idHash, eventTime, availableTime, p.keepsContent ? p.content.of(row) : 0, row);
        return Admission.ADMITTED;
    }

    private void take(
            StreamPartition p,
            int known,
            @Nullable String key,
            int idHash,
            long eventTime,
            long availableTime,
            long content,
            Row row) {
        int number = known;
        if (number < 0) {
            number = key == null ? p.key.add(row, keys) : keys.add(key);
            makeRoom();
        }
        insert(p, number, eventTime, availableTime, content);
        p.identities.add(idHash, number, eventTime, availableTime);
    }

    private void insert(StreamPartition p, int number, long eventTime, long availableTime, long content) {
        p.insert(number, eventTime, availableTime, content);
        if (changes != null) {
            changes.insert(
                    p.number, number, eventTime, availableTime, p.id.high(), p.id.low(), content, p.masks, p.words);
        }
        markDirty(number);
    }

    private void remove(StreamPartition p, int number, EventLog log, int at) {
        if (changes != null) {
            changes.remove(p.number, number, log.eventTime(at), log.availableTime(at), log.idHigh(at), log.idLow(at));
        }
        p.events.remove(number, log, at);
        markDirty(number);
    }

    /** A copy meets the event that has its id. */
    private Admission meet(
            StreamPartition p,
            int had,
            int number,
            @Nullable String key,
            int idHash,
            long eventTime,
            long availableTime,
            Row row) {
        long content = p.content.of(row);
        int hadKey = p.identities.key(had);
        long hadAvailable = p.identities.availableTime(had);
        long hadEventTime = p.identities.eventTime(had);
        int at = p.position(had, p.other);
        EventLog log = p.events.open(hadKey, p.other);
        if (log == null) {
            throw IsobarException.of(ErrorCode.INTERNAL, "An event is indexed but not in the log of its key.")
                    .build();
        }
        long hadContent = log.content(at);
        if (hadKey == number && hadEventTime == eventTime && hadContent == content) {
            if (availableTime < hadAvailable) {
                log.read(at, p.masks, p.words);
                remove(p, hadKey, log, at);
                insert(p, hadKey, eventTime, availableTime, content);
                p.identities.change(had, hadKey, eventTime, availableTime);
            }
            return Admission.DUPLICATE;
        }
        // Of copies in conflict the smallest by (available, event time, key bytes, content) is the event, whichever
        // came first.
        int order = Long.compare(availableTime, hadAvailable);
        if (order == 0) {
            order = Long.compare(eventTime, hadEventTime);
        }
        if (order == 0 && hadKey != number) {
            order = -keys.compare(hadKey, key == null ? String.valueOf(p.key.read(row)) : key);
        }
        if (order == 0) {
            order = Long.compareUnsigned(content, hadContent);
        }
        if (order > 0) {
            return Admission.CONFLICT_REJECTED;
        }
        p.readArguments(row);
        // The loser's entry in the index stays, and is not found again: its event is gone.
        remove(p, hadKey, log, at);
        take(p, number, key, idHash, eventTime, availableTime, content, row);
        return Admission.CONFLICT_REPLACED;
    }

    /**
     * Promises that no event of the stream with {@code availableTime < frontierMicros} will come any more, and frees what cannot be asked again:
     * what lies more than the longest window and the retention behind the frontier, or behind the latest event if the frontier is ahead of it
     * ({@code Long.MAX_VALUE} says that the stream has ended). A frontier that is lower than before is ignored.
     */
    public void advance(int stream, long frontierMicros) {
        StreamPartition p = streams[stream];
        p.frontier = Math.max(p.frontier, frontierMicros);
        moveStarts(p);
        p.forgetIdentities();
        sweep();
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
     * Says that an event will be asked about or taken in soon. What is known of its key and of the others' that are expected is then brought into the processor's
     * cache together, so that they do not wait for the memory one after the other; nothing else changes. Worth it for dozens of events at a time, then {@link #fetch()}.
     * For keys that are integers, in memory.
     */
    public void expect(int stream, Row row) {
        StreamPartition p = streams[stream];
        if (keys.isNumeric() && !p.events.spills()) {
            int number = p.key.find(row, keys);
            if (number >= 0) {
                p.events.expect(number);
            }
        }
    }

    /** Brings what is expected into the cache. */
    public void fetch() {
        for (StreamPartition p : streams) {
            p.events.fetch();
        }
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
        begin();
        for (int role = 0; role < views.length; role++) {
            int number = readers[role].find(decision, keys);
            for (int s = 0; s < streams.length; s++) {
                computation.logs[role][s] = number < 0 ? null : streams[s].events.open(number, views[role][s]);
            }
        }
        computation.run(decision, id, t, k, into);
    }

    /**
     * The keys whose state changed since the last call, in the order of their first change. Frontiers alone do not make a key dirty.
     * An idle key is forgotten only after it was drained: where nobody writes checkpoints, {@link #discardDirtyKeys()} now and then.
     */
    public List<String> drainDirtyKeys() {
        List<String> drained = new ArrayList<>(dirtyCount);
        for (int i = 0; i < dirtyCount; i++) {
            drained.add(keys.name(dirtyKeys[i]));
        }
        discardDirtyKeys();
        return drained;
    }

    /** The same where nobody wants to know: lets idle keys be forgotten. */
    public void discardDirtyKeys() {
        for (int i = 0; i < dirtyCount; i++) {
            dirty[dirtyKeys[i]] = false;
        }
        dirtyCount = 0;
    }

    /** Every key that has state; more may have had some. */
    public List<String> allKeys() {
        List<String> all = new ArrayList<>(keys.size());
        for (int number = 0; number < keys.highest(); number++) {
            if (keys.has(number)) {
                all.add(keys.name(number));
            }
        }
        return all;
    }

    /** How many keys have state. */
    public int keys() {
        return keys.size();
    }

    /** How many events are kept. */
    public long events() {
        return Arrays.stream(streams).mapToLong(p -> p.events.events()).sum();
    }

    /** One key's state, for the checkpoint and for the online store. Equal states have equal bytes. An unknown key gives an empty state. */
    public byte[] snapshot(String key) {
        begin();
        int number = keys.find(key);
        @Nullable EventLog[] logs = new @Nullable EventLog[streams.length];
        long[] frontiers = new long[streams.length];
        long[] retained = new long[streams.length];
        for (int s = 0; s < streams.length; s++) {
            StreamPartition p = streams[s];
            frontiers[s] = p.frontier;
            retained[s] = p.retainedFrom;
            if (number >= 0) {
                // Freeing is lazy; bytes must not tell how lazy.
                p.events.trim(number, p.view, p.keepFrom);
                logs[s] = p.events.open(number, p.view);
            }
        }
        return KeyState.encode(plan, key, frontiers, retained, logs);
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
        begin();
        int number = number(key);
        for (int s = 0; s < streams.length; s++) {
            StreamPartition p = streams[s];
            p.events.clear(number, p.view);
            EventLog log = read.log(s);
            p.frontier = Math.max(p.frontier, read.frontier(s));
            p.retainedFrom = Math.max(p.retainedFrom, read.retainedFrom(s));
            for (int i = log.start(); i < log.end(); i++) {
                long available = log.availableTime(i);
                p.index(number, log.eventTime(i), available, log.idHigh(i), log.idLow(i));
                p.latest = Math.max(p.latest, available);
            }
            p.events.adopt(number, log, p.view);
            moveStarts(p);
            p.forgetIdentities();
        }
    }

    /**
     * Starts to note changes for {@link #drainChanges}. A checkpoint of a large state is then what was noted since the last one: incremental. From time to time
     * {@link #state} makes a new base, a few keys at a time while events go on coming in; changes that are noted meanwhile belong behind the base.
     */
    public void noteChanges() {
        if (changes == null) {
            changes = new Changes(plan, keys);
        }
    }

    /**
     * What changed since the last call, as bytes. On what {@link #redo} made of all bytes before, it gives this state: together with {@link #partitionState} and
     * the position in the log up to which events were accepted it is a checkpoint.
     *
     * @throws IllegalStateException if changes are not noted
     */
    public byte[] drainChanges() {
        Changes noted = changes;
        if (noted == null) {
            throw new IllegalStateException("changes are not noted; call noteChanges() first");
        }
        return noted.drain();
    }

    /** How many keys have had a number so far: the range over which {@link #state} goes. */
    public int keyNumbers() {
        return keys.highest();
    }

    /** The whole state of the keys with the numbers {@code [from, to)} as bytes for {@link #redo}. */
    public byte[] state(int from, int to) {
        Changes all = new Changes(plan, keys);
        for (int number = from; number < Math.min(to, keys.highest()); number++) {
            if (keys.has(number)) {
                begin();
                for (StreamPartition p : streams) {
                    p.events.trim(number, p.view, p.keepFrom);
                    EventLog log = p.events.open(number, p.view);
                    if (log != null) {
                        all.all(p.number, number, log);
                    }
                }
            }
        }
        return all.drain();
    }

    /**
     * Does again what {@link #drainChanges} or {@link #state} noted. What is done already is left alone, so bytes may overlap; those of one kernel are to be redone in the
     * order in which they were made, a base before the changes. Restore the partition first.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged or of another layout
     */
    public void redo(byte[] noted) {
        Changes.redo(plan, noted, this);
    }

    /** A key's number, given now if it has none. */
    int number(String key) {
        int number = keys.find(key);
        if (number < 0) {
            number = keys.add(key);
            makeRoom();
        }
        return number;
    }

    void redoInsert(
            int stream,
            int number,
            long eventTime,
            long available,
            long idHigh,
            long idLow,
            long content,
            long[] masks,
            long[] words) {
        StreamPartition p = streams[stream];
        p.events.begin();
        if (eventTime < p.keepFrom) {
            return;
        }
        EventLog log = p.events.open(number, p.view);
        if (log != null
                && !log.isNext(eventTime, available, idHigh, idLow)
                && log.find(eventTime, available, idHigh, idLow) >= 0) {
            return;
        }
        p.latest = Math.max(p.latest, available);
        p.events.insert(number, p.view, p.keepFrom, eventTime, available, idHigh, idLow, content, masks, words);
        p.index(number, eventTime, available, idHigh, idLow);
    }

    void redoRemove(int stream, int number, long eventTime, long available, long idHigh, long idLow) {
        StreamPartition p = streams[stream];
        p.events.begin();
        EventLog log = p.events.open(number, p.view);
        int at = log == null ? -1 : log.find(eventTime, available, idHigh, idLow);
        if (log != null && at >= 0) {
            p.events.remove(number, log, at);
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
            StreamPartition p = streams[s];
            p.frontier = Math.max(p.frontier, read.frontier(s));
            p.retainedFrom = Math.max(p.retainedFrom, read.retainedFrom(s));
            p.latest = Math.max(p.latest, read.latestAvailable(s));
            moveStarts(p);
        }
    }

    /** Forgets a key and everything known of it (erasure). Returns whether there was anything. */
    public boolean erase(String key) {
        begin();
        int number = keys.find(key);
        if (number < 0) {
            return false;
        }
        if (changes != null) {
            changes.erase(number);
        }
        for (StreamPartition p : streams) {
            p.events.clear(number, p.view);
        }
        if (dirty[number]) {
            int at = 0;
            while (dirtyKeys[at] != number) {
                at++;
            }
            dirtyCount--;
            System.arraycopy(dirtyKeys, at + 1, dirtyKeys, at, dirtyCount - at);
            dirty[number] = false;
        }
        release(number);
        return true;
    }

    private void moveStarts(StreamPartition p) {
        p.moveStarts(retention);
        for (int role = 0; role < views.length; role++) {
            computation.frontiers[role][p.number] = p.frontier;
            computation.retained[role][p.number] = p.retainedFrom;
        }
    }

    private void begin() {
        for (StreamPartition p : streams) {
            p.events.begin();
        }
    }

    private void release(int number) {
        if (changes != null) {
            changes.release(number);
        }
        keys.release(number);
    }

    private void makeRoom() {
        if (keys.highest() > dirty.length) {
            int capacity = keys.highest() + (keys.highest() >> 1);
            dirty = Arrays.copyOf(dirty, capacity);
        }
    }

    private void markDirty(int number) {
        if (!dirty[number]) {
            dirty[number] = true;
            if (dirtyCount == dirtyKeys.length) {
                dirtyKeys = Arrays.copyOf(dirtyKeys, 2 * dirtyCount);
            }
            dirtyKeys[dirtyCount++] = number;
        }
    }

    // A little at a time, so that idle keys are freed without a pause. A key that is dirty stays until its state was
    // taken.
    private void sweep() {
        for (int i = 0; i < SWEPT && keys.highest() > 0; i++) {
            sweepAt = sweepAt + 1 < keys.highest() ? sweepAt + 1 : 0;
            if (keys.has(sweepAt) && !dirty[sweepAt] && isIdle(sweepAt)) {
                for (StreamPartition p : streams) {
                    p.events.trim(sweepAt, p.view, p.keepFrom);
                }
                release(sweepAt);
            }
        }
    }

    private boolean isIdle(int number) {
        for (StreamPartition p : streams) {
            if (!p.events.isOlder(number, p.keepFrom)) {
                return false;
            }
        }
        return true;
    }
}
