package dev.isobar.features;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.sketch.Murmur3;
import dev.isobar.features.state.ByteReader;
import dev.isobar.features.state.ByteWriter;
import dev.isobar.features.state.ContentHash;
import dev.isobar.features.state.IdTable;
import dev.isobar.features.state.PackedId;
import dev.isobar.features.state.Times;
import dev.isobar.spec.StreamSpec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Admission of a stream's raw records at ingest: lateness, duplicates and conflicts, with exact accounting:
 * {@code in = out + late + deadLetter + duplicates}, always. Memory is bounded by the records within the deduplication horizon. Not thread safe.
 *
 * @since 0.1
 */
public final class StreamAdmission {
    /** What to do with a record. */
    public enum Verdict {
        /** Append it to the stream. */
        OUT,
        /** Write it to the side output with this reason. */
        LATE,
        /** Drop it; it is counted. */
        DUPLICATE,
        /** Write it to the dead letters, reason {@link #CONFLICTING_PAYLOAD}. */
        CONFLICT
    }

    /** The reason of the dead letters that have an id in common with another, different record. */
    public static final String CONFLICTING_PAYLOAD = "CONFLICTING_PAYLOAD";

    /** The reason of late records. */
    public static final String LATE = "LATE";

    /** A record as it is sorted before admission. */
    public record Candidate(String id, String key, long eventTime, long availableTime, byte[] payload) {}

    /** By (available time, id bytes, event time, key bytes). Thread safe. */
    public static final Comparator<Candidate> BY_ENVELOPE = Comparator.comparingLong(Candidate::availableTime)
            .thenComparing(Candidate::id, StreamAdmission::compareBytes)
            .thenComparingLong(Candidate::eventTime)
            .thenComparing(Candidate::key, StreamAdmission::compareBytes);

    private static final char KIND = 'A';

    private final String stream;
    private final Comparator<Candidate> order;
    private final long allowedLateness;
    private final long horizon;
    private final PackedId packed = new PackedId();
    // Per id: hash of the content that won, and when a copy was last seen.
    private final IdTable seen = new IdTable();
    // The same in the order in which they leave the horizon: a ring.
    private long[] high = new long[64];
    private long[] low = new long[64];
    private long[] at = new long[64];
    private int head;
    private int size;

    private long in;
    private long out;
    private long late;
    private long deadLetter;
    private long duplicates;
    private final TreeMap<String, Long> reasons = new TreeMap<>();
    private long lastAvailable = Long.MIN_VALUE;
    private @Nullable Candidate last;

    /** Admission for a stream. */
    public StreamAdmission(StreamSpec stream) {
        this.stream = stream.name();
        this.order = order(stream);
        this.allowedLateness = stream.allowedLatenessMicros();
        this.horizon = stream.dedupHorizonMicros();
    }

    /**
     * The order in which a stream's records must be offered: (available time, id bytes, event time, key bytes, content hash, payload bytes). Of records in
     * conflict the first is then the one that counts, as in {@link FeatureKernel}. {@code (available time, id)} is enough where no two records agree in
     * both; ids may be in any order as long as records that agree in both are neighbours. Not thread safe.
     */
    public static Comparator<Candidate> order(StreamSpec stream) {
        Set<String> identity = FeaturePlan.identity(stream, stream.key());
        ContentHash content = new ContentHash(stream.schema(), identity);
        RowCodec codec = new RowCodec(stream.schema());
        Row row = new Row(stream.schema());
        return (a, b) -> {
            int c = BY_ENVELOPE.compare(a, b);
            if (c == 0 && !Arrays.equals(a.payload, b.payload)) {
                codec.decode(a.payload, row);
                long hash = content.of(row);
                codec.decode(b.payload, row);
                c = Long.compareUnsigned(hash, content.of(row));
                c = c == 0 ? Arrays.compareUnsigned(a.payload, b.payload) : c;
            }
            return c;
        };
    }

    /**
     * Decides about a record and counts it.
     *
     * @param payload canonical bytes; not copied, must not change until the next call
     * @throws dev.isobar.error.IsobarException {@code INVALID_ARGUMENT} if records are not offered in {@link #order}
     */
    public Verdict offer(String id, String key, long eventTime, long availableTime, byte[] payload) {
        Candidate candidate = new Candidate(id, key, eventTime, availableTime, payload);
        Candidate before = last;
        boolean neighbours = before != null && before.availableTime == availableTime && before.id.equals(id);
        if (availableTime < lastAvailable || (before != null && neighbours && order.compare(before, candidate) > 0)) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "Record '" + id + "' of '" + stream + "' was offered after one that goes after it.")
                    .resource(id)
                    .hint("Sort records by StreamAdmission.order(stream) before they are admitted.")
                    .build();
        }
        last = candidate;
        lastAvailable = availableTime;
        in++;
        if (Times.minus(availableTime, eventTime) > allowedLateness) {
            late++;
            reasons.merge(LATE, 1L, Long::sum);
            return Verdict.LATE;
        }
        forgetBefore(Times.minus(availableTime, horizon));
        long content = content(key, eventTime, payload);
        packed.set(id);
        int had = seen.find(packed.high(), packed.low());
        if (had >= 0) {
            long winner = seen.first(had);
            remember(winner, availableTime);
            if (winner == content) {
                duplicates++;
                return Verdict.DUPLICATE;
            }
            deadLetter++;
            reasons.merge(CONFLICTING_PAYLOAD, 1L, Long::sum);
            return Verdict.CONFLICT;
        }
        remember(content, availableTime);
        out++;
        return Verdict.OUT;
    }

    /** Counts a record that never became an event (a missing column, a text that is no number): a dead letter with this reason. */
    public void reject(String reason) {
        in++;
        deadLetter++;
        reasons.merge(reason, 1L, Long::sum);
    }

    /** Records seen. */
    public long in() {
        return in;
    }

    /** Records admitted. */
    public long out() {
        return out;
    }

    /** Late records. */
    public long late() {
        return late;
    }

    /** Dead letters: rejected and conflicting ones. */
    public long deadLetter() {
        return deadLetter;
    }

    /** Dropped copies. */
    public long duplicates() {
        return duplicates;
    }

    /** How many records per reason, late ones among them, sorted by reason. */
    public Map<String, Long> reasons() {
        return Collections.unmodifiableMap(reasons);
    }

    /** How many ids are remembered. */
    public int remembered() {
        return seen.size();
    }

    /**
     * Accounting and horizon as bytes, so that an ingest can go on after a restart. Equal states have equal bytes. Take it between records of
     * different available times or ids: the order of copies that agree in both is checked from neighbour to neighbour only.
     */
    public byte[] snapshot() {
        ByteWriter w = new ByteWriter(KIND, stream);
        w.unsigned(in);
        w.unsigned(out);
        w.unsigned(late);
        w.unsigned(deadLetter);
        w.unsigned(duplicates);
        w.word(lastAvailable);
        w.unsigned(reasons.size());
        reasons.forEach((reason, n) -> {
            w.text(reason);
            w.unsigned(n);
        });
        w.unsigned(size);
        for (int i = 0; i < size; i++) {
            int r = (head + i) & (at.length - 1);
            int had = seen.find(high[r], low[r]);
            w.word(high[r]);
            w.word(low[r]);
            w.word(at[r]);
            // An id that was seen again is in the ring more than once; its last place counts.
            w.word(had < 0 ? 0 : seen.first(had));
        }
        return w.finish();
    }

    /**
     * Takes back {@link #snapshot()} into an admission that has seen nothing yet.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged
     */
    public void restore(byte[] state) {
        ByteReader r = new ByteReader(state, KIND, stream);
        in = r.unsigned();
        out = r.unsigned();
        late = r.unsigned();
        deadLetter = r.unsigned();
        duplicates = r.unsigned();
        if (in != out + late + deadLetter + duplicates) {
            throw r.corrupt("their accounting does not add up");
        }
        lastAvailable = r.word();
        int n = r.count(2);
        for (int i = 0; i < n; i++) {
            String reason = r.text();
            reasons.put(reason, r.unsigned());
        }
        int entries = r.count(32);
        for (int i = 0; i < entries; i++) {
            long h = r.word();
            long l = r.word();
            long when = r.word();
            put(h, l, when);
            seen.put(h, l, r.word(), when);
        }
        r.finish();
    }

    private void remember(long content, long when) {
        int had = seen.find(packed.high(), packed.low());
        if (had >= 0 && seen.second(had) == when) {
            return;
        }
        seen.put(packed.high(), packed.low(), content, when);
        put(packed.high(), packed.low(), when);
    }

    private void put(long idHigh, long idLow, long when) {
        if (size == at.length) {
            high = unrolled(high);
            low = unrolled(low);
            at = unrolled(at);
            head = 0;
        }
        int tail = (head + size) & (at.length - 1);
        high[tail] = idHigh;
        low[tail] = idLow;
        at[tail] = when;
        size++;
    }

    private long[] unrolled(long[] ring) {
        long[] larger = new long[2 * ring.length];
        System.arraycopy(ring, head, larger, 0, ring.length - head);
        System.arraycopy(ring, 0, larger, ring.length - head, head);
        return larger;
    }

    private void forgetBefore(long time) {
        while (size > 0 && at[head] < time) {
            int had = seen.find(high[head], low[head]);
            // Seen again since: the later entry of the ring takes care of it.
            if (had >= 0 && seen.second(had) == at[head]) {
                seen.remove(high[head], low[head], seen.first(had), at[head]);
            }
            head = (head + 1) & (at.length - 1);
            size--;
        }
    }

    private static long content(String key, long eventTime, byte[] payload) {
        return Murmur3.hash(payload) * 0x9e3779b97f4a7c15L
                ^ Long.rotateLeft(Murmur3.hash(key), 21)
                ^ Long.rotateLeft(Murmur3.hash(eventTime), 42);
    }

    private static int compareBytes(String a, String b) {
        return Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }
}
