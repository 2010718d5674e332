package dev.isobar.features.state;

/**
 * A log of events as bytes and back, column by column. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class LogCodec {
    private final boolean[] integers;

    /** A codec for events whose argument words are small integers where the flag says so; the others are written in full. */
    public LogCodec(boolean[] integers) {
        this.integers = integers.clone();
    }

    /** Writes all events of a log. */
    public void write(EventLog log, ByteWriter out) {
        int from = log.start();
        int to = log.end();
        out.unsigned(to - from);
        if (from == to) {
            return;
        }
        long[] times = log.eventTimes();
        long[] available = log.availableTimes();
        out.word(times[from]);
        for (int i = from + 1; i < to; i++) {
            out.unsigned(times[i] - times[i - 1]);
        }
        for (int i = from; i < to; i++) {
            out.signed(available[i] - times[i]);
        }
        for (int i = from; i < to; i++) {
            out.word(log.idsHigh()[i]);
            out.word(log.idsLow()[i]);
            out.word(log.contents()[i]);
        }
        for (int slot = 0; slot < integers.length; slot++) {
            long[] words = log.words(slot);
            long[] masks = log.masks(slot);
            boolean nulls = log.hasNulls(slot);
            out.unsigned(nulls ? 1 : 0);
            for (int i = from; i < to; i++) {
                if (nulls) {
                    long isNull = masks[i] >>> (slot & 63) & 1;
                    out.unsigned(isNull);
                    if (isNull != 0) {
                        continue;
                    }
                }
                if (integers[slot]) {
                    out.signed(words[i]);
                } else {
                    out.word(words[i]);
                }
            }
        }
    }

    /** Reads a log back. */
    public EventLog read(ByteReader in) {
        // A time, a delay, an id, a content hash and a byte per argument at least: nothing larger than the input is
        // allocated.
        int n = in.count(26 + integers.length);
        EventLog log = new EventLog(integers.length, n);
        if (n == 0) {
            return log;
        }
        long[] times = new long[n];
        long[] available = new long[n];
        long[] ids = new long[3 * n];
        times[0] = in.word();
        for (int i = 1; i < n; i++) {
            times[i] = times[i - 1] + in.unsigned();
            if (times[i] < times[i - 1]) {
                throw in.corrupt("event times are not in order");
            }
        }
        for (int i = 0; i < n; i++) {
            available[i] = times[i] + in.signed();
        }
        for (int i = 0; i < 3 * n; i++) {
            ids[i] = in.word();
        }
        int maskWords = (integers.length + 63) >> 6;
        long[] masks = new long[maskWords * n];
        long[] words = new long[integers.length * n];
        for (int slot = 0; slot < integers.length; slot++) {
            long nulls = flag(in);
            boolean any = false;
            for (int i = 0; i < n; i++) {
                if (nulls != 0 && flag(in) != 0) {
                    masks[i * maskWords + (slot >> 6)] |= 1L << (slot & 63);
                    any = true;
                } else {
                    words[i * integers.length + slot] = integers[slot] ? in.signed() : in.word();
                }
            }
            if (nulls != 0 && !any) {
                throw in.corrupt("a column says that it has nulls and has none");
            }
        }
        long[] mask = new long[maskWords];
        long[] word = new long[integers.length];
        for (int i = 0; i < n; i++) {
            System.arraycopy(masks, i * maskWords, mask, 0, maskWords);
            System.arraycopy(words, i * integers.length, word, 0, integers.length);
            if (i > 0 && !ascending(times, available, ids, i)) {
                throw in.corrupt("events are not in order");
            }
            log.insert(times[i], available[i], ids[3 * i], ids[3 * i + 1], ids[3 * i + 2], mask, word);
        }
        return log;
    }

    private static long flag(ByteReader in) {
        long v = in.unsigned();
        if (v != 0 && v != 1) {
            throw in.corrupt("a flag is " + Long.toUnsignedString(v));
        }
        return v;
    }

    private static boolean ascending(long[] times, long[] available, long[] ids, int i) {
        if (times[i - 1] != times[i]) {
            return times[i - 1] < times[i];
        }
        if (available[i - 1] != available[i]) {
            return available[i - 1] < available[i];
        }
        return PackedId.compare(ids[3 * i - 3], ids[3 * i - 2], ids[3 * i], ids[3 * i + 1]) < 0;
    }
}
