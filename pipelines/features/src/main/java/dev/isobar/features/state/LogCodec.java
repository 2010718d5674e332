package dev.isobar.features.state;

/**
 * A log of events as bytes and back, column by column. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class LogCodec {
    private final EventLayout layout;

    /** A codec for logs of a layout. */
    public LogCodec(EventLayout layout) {
        this.layout = layout;
    }

    /** Writes all events of a log. */
    public void write(EventLog log, ByteWriter out) {
        int from = log.start();
        int to = log.end();
        out.unsigned(to - from);
        if (from == to) {
            return;
        }
        out.word(log.eventTime(from));
        for (int i = from + 1; i < to; i++) {
            out.unsigned(log.eventTime(i) - log.eventTime(i - 1));
        }
        for (int i = from; i < to; i++) {
            out.signed(log.availableTime(i) - log.eventTime(i));
        }
        for (int i = from; i < to; i++) {
            if (layout.numericIds()) {
                out.signed(log.idHigh(i));
            } else {
                out.word(log.idHigh(i));
                out.word(log.idLow(i));
            }
        }
        if (layout.contentStored()) {
            for (int i = from; i < to; i++) {
                out.word(log.content(i));
            }
        }
        for (int slot = 0; slot < layout.slots(); slot++) {
            boolean nulls = false;
            for (int i = from; i < to && !nulls; i++) {
                nulls = log.isNull(i, slot);
            }
            out.unsigned(nulls ? 1 : 0);
            for (int i = from; i < to; i++) {
                if (nulls) {
                    boolean isNull = log.isNull(i, slot);
                    out.unsigned(isNull ? 1 : 0);
                    if (isNull) {
                        continue;
                    }
                }
                if (layout.integer(slot)) {
                    out.signed(log.argument(i, slot));
                } else {
                    out.word(log.argument(i, slot));
                }
            }
        }
    }

    /** Reads a log back. */
    public EventLog read(ByteReader in) {
        // A time, a delay, an id and a byte per argument at least: nothing larger than the input is allocated.
        int n = in.count(2 + (layout.numericIds() ? 1 : 16) + (layout.contentStored() ? 8 : 0) + layout.slots());
        EventLog log = new EventLog(layout);
        if (n == 0) {
            return log;
        }
        long[] times = new long[n];
        long[] available = new long[n];
        long[] high = new long[n];
        long[] low = new long[n];
        long[] content = new long[n];
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
        for (int i = 0; i < n; i++) {
            high[i] = layout.numericIds() ? in.signed() : in.word();
            low[i] = layout.numericIds() ? 0 : in.word();
        }
        if (layout.contentStored()) {
            for (int i = 0; i < n; i++) {
                content[i] = in.word();
            }
        }
        int slots = layout.slots();
        int maskWords = layout.maskWords();
        long[] masks = new long[maskWords * n];
        long[] words = new long[slots * n];
        boolean masked = false;
        for (int slot = 0; slot < slots; slot++) {
            long nulls = flag(in);
            boolean any = false;
            for (int i = 0; i < n; i++) {
                if (nulls != 0 && flag(in) != 0) {
                    masks[i * maskWords + (slot >> 6)] |= 1L << (slot & 63);
                    any = true;
                } else {
                    words[i * slots + slot] = layout.integer(slot) ? in.signed() : in.word();
                }
            }
            if (nulls != 0 && !any) {
                throw in.corrupt("a column says that it has nulls and has none");
            }
            masked |= any;
        }
        log.reserve(n, masked);
        long[] mask = new long[maskWords];
        long[] word = new long[slots];
        for (int i = 0; i < n; i++) {
            if (!log.isNext(times[i], available[i], high[i], low[i])) {
                throw in.corrupt("events are not in order");
            }
            System.arraycopy(masks, i * maskWords, mask, 0, maskWords);
            System.arraycopy(words, i * slots, word, 0, slots);
            log.put(times[i], available[i], high[i], low[i], content[i], mask, word);
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
}
