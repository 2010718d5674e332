package dev.isobar.gcp.pubsub;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What has come of one partition, so that each message counts once: by the writers' {@linkplain Stamp stamps} in intervals, of which each writer has one unless
 * appends failed; by message id for what somebody else wrote, of which the newest are remembered. Not thread safe.
 */
final class Seen {
    private static final int FOREIGN = 100_000;

    /** What a message is to its reader. */
    enum Verdict {
        /** Not seen so far. */
        NEW,
        /** Stored or delivered once more. */
        AGAIN,
        /** New, but something that its writer had stored before it has not come. */
        GAP
    }

    private final Map<Long, Writings> writers = new HashMap<>();
    private final Map<String, Boolean> foreign = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > FOREIGN;
        }
    };

    /** The writer whose message came last: nearly always the next one's too. */
    private long lastWriter;

    private @Nullable Writings last;

    /** Sequences of one writer: first of an interval → last of it. The newest interval lies outside the tree. */
    private static final class Writings {
        private final long first;
        private final TreeMap<Long, Long> earlier = new TreeMap<>();
        private long from;
        private long to;

        Writings(long sequence) {
            first = sequence;
            from = sequence;
            to = sequence;
        }

        boolean has(long sequence) {
            if (sequence >= from) {
                return sequence <= to;
            }
            Map.Entry<Long, Long> below = earlier.floorEntry(sequence);
            return below != null && sequence <= below.getValue();
        }

        void add(long sequence) {
            if (sequence == to + 1) {
                to = sequence;
            } else if (sequence > to) {
                earlier.put(from, to);
                from = sequence;
                to = sequence;
            } else {
                fill(sequence);
            }
        }

        private void fill(long sequence) {
            long low = sequence;
            long high = sequence;
            Map.Entry<Long, Long> below = earlier.floorEntry(sequence);
            if (below != null && below.getValue() == sequence - 1) {
                low = below.getKey();
                earlier.remove(low);
            }
            Long end = earlier.remove(sequence + 1);
            if (end != null) {
                high = end;
            }
            if (high + 1 == from) {
                from = low;
            } else {
                earlier.put(low, high);
            }
        }
    }

    /** Judges a stamped message without taking it. */
    Verdict judge(Stamp stamp) {
        Writings writings = writings(stamp.writer());
        if (writings == null) {
            return Verdict.NEW;
        }
        if (writings.has(stamp.sequence())) {
            return Verdict.AGAIN;
        }
        // What lies before the first that was seen of a writer, lies before where this reader began.
        boolean missing = stamp.behind() > writings.first && !writings.has(stamp.behind());
        return missing ? Verdict.GAP : Verdict.NEW;
    }

    private @Nullable Writings writings(long writer) {
        if (last == null || lastWriter != writer) {
            lastWriter = writer;
            last = writers.get(writer);
        }
        return last;
    }

    /** Remembers a stamped message that has not come {@linkplain Verdict#AGAIN again}. */
    void add(Stamp stamp) {
        Writings writings = writings(stamp.writer());
        if (writings == null) {
            last = new Writings(stamp.sequence());
            writers.put(stamp.writer(), last);
        } else {
            writings.add(stamp.sequence());
        }
    }

    /** Whether somebody else's message is new; remembers it. */
    boolean addForeign(String messageId) {
        return foreign.putIfAbsent(messageId, true) == null;
    }
}
