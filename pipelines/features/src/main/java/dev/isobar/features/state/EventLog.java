package dev.isobar.features.state;

import java.util.Arrays;

/**
 * The events of one key in one stream, sorted by (event time, available time, packed id), column by column in primitive arrays. New events mostly
 * append; the others shift what is behind them. The front is freed by moving a start index. Not thread safe; safe to read from many threads
 * while nobody changes it.
 *
 * <p>The arrays are handed out for scanning, positions {@link #start()} to {@link #end()}; they must not be changed and are replaced when the log
 * grows.
 *
 * @since 0.1
 */
public final class EventLog {
    private static final int SMALLEST = 4;

    private final int slots;
    private final int maskWords;
    private final int[] nulls;
    private final long[][] columns;
    private int start;
    private int end;
    private long maxDelay = Long.MIN_VALUE;

    // Fixed columns, then null masks, then arguments: one array of columns keeps every move a single loop.
    private static final int EVENT_TIME = 0;
    private static final int AVAILABLE = 1;
    private static final int ID_HIGH = 2;
    private static final int ID_LOW = 3;
    private static final int CONTENT = 4;
    private static final int FIXED = 5;

    /** An empty log of events with so many argument words. */
    public EventLog(int slots) {
        this(slots, SMALLEST);
    }

    EventLog(int slots, int capacity) {
        this.slots = slots;
        this.maskWords = (slots + 63) >> 6;
        this.nulls = new int[slots];
        this.columns = new long[FIXED + maskWords + slots][Math.max(SMALLEST, capacity)];
    }

    /** How many argument words an event has. */
    public int slots() {
        return slots;
    }

    /** The first position. */
    public int start() {
        return start;
    }

    /** One past the last position. */
    public int end() {
        return end;
    }

    /** How many events there are. */
    public int size() {
        return end - start;
    }

    /** Event times by position. */
    public long[] eventTimes() {
        return columns[EVENT_TIME];
    }

    /** Available times by position. */
    public long[] availableTimes() {
        return columns[AVAILABLE];
    }

    /** First halves of packed ids by position. */
    public long[] idsHigh() {
        return columns[ID_HIGH];
    }

    /** Second halves of packed ids by position. */
    public long[] idsLow() {
        return columns[ID_LOW];
    }

    /** Hashes of payloads by position. */
    public long[] contents() {
        return columns[CONTENT];
    }

    /** An argument's words by position. */
    public long[] words(int slot) {
        return columns[FIXED + maskWords + slot];
    }

    /** The null masks of the group of 64 slots that a slot belongs to; bit {@code slot & 63} set means null. */
    public long[] masks(int slot) {
        return columns[FIXED + (slot >> 6)];
    }

    /** Whether the argument is null for any event. */
    public boolean hasNulls(int slot) {
        return nulls[slot] != 0;
    }

    /** At least the largest {@code available − event time} of all events, saturated. */
    public long maxDelay() {
        return maxDelay;
    }

    /** The first position in {@code [from, to)} whose event time is not before a time, or {@code to}. */
    public int lowerBound(long time, int from, int to) {
        long[] times = columns[EVENT_TIME];
        int lo = from;
        int hi = to;
        while (lo < hi) {
            int mid = (lo + hi) >>> 1;
            if (times[mid] < time) {
                lo = mid + 1;
            } else {
                hi = mid;
            }
        }
        return lo;
    }

    /** The position of an event, or −1. */
    public int find(long eventTime, long available, long idHigh, long idLow) {
        int at = place(eventTime, available, idHigh, idLow);
        return at < end
                        && columns[EVENT_TIME][at] == eventTime
                        && columns[AVAILABLE][at] == available
                        && columns[ID_HIGH][at] == idHigh
                        && columns[ID_LOW][at] == idLow
                ? at
                : -1;
    }

    private int place(long eventTime, long available, long idHigh, long idLow) {
        int lo = start;
        int hi = end;
        while (lo < hi) {
            int mid = (lo + hi) >>> 1;
            if (compare(mid, eventTime, available, idHigh, idLow) < 0) {
                lo = mid + 1;
            } else {
                hi = mid;
            }
        }
        return lo;
    }

    private int compare(int at, long eventTime, long available, long idHigh, long idLow) {
        int c = Long.compare(columns[EVENT_TIME][at], eventTime);
        if (c == 0) {
            c = Long.compare(columns[AVAILABLE][at], available);
        }
        return c != 0 ? c : PackedId.compare(columns[ID_HIGH][at], columns[ID_LOW][at], idHigh, idLow);
    }

    /** Puts an event in its place. */
    public void insert(
            long eventTime, long available, long idHigh, long idLow, long content, long[] masks, long[] words) {
        if (end == columns[0].length) {
            makeRoom();
        }
        int at = end;
        if (at > start && compare(at - 1, eventTime, available, idHigh, idLow) > 0) {
            at = place(eventTime, available, idHigh, idLow);
            for (long[] c : columns) {
                System.arraycopy(c, at, c, at + 1, end - at);
            }
        }
        end++;
        columns[EVENT_TIME][at] = eventTime;
        columns[AVAILABLE][at] = available;
        columns[ID_HIGH][at] = idHigh;
        columns[ID_LOW][at] = idLow;
        columns[CONTENT][at] = content;
        for (int i = 0; i < maskWords; i++) {
            columns[FIXED + i][at] = masks[i];
        }
        for (int i = 0; i < slots; i++) {
            boolean isNull = (masks[i >> 6] >>> (i & 63) & 1) != 0;
            columns[FIXED + maskWords + i][at] = isNull ? 0 : words[i];
            if (isNull) {
                nulls[i]++;
            }
        }
        long delay = Times.minus(available, eventTime);
        if (delay > maxDelay) {
            maxDelay = delay;
        }
    }

    /** Reads an event's arguments, to put it elsewhere. */
    public void read(int at, long[] masks, long[] words) {
        for (int i = 0; i < maskWords; i++) {
            masks[i] = columns[FIXED + i][at];
        }
        for (int i = 0; i < slots; i++) {
            words[i] = columns[FIXED + maskWords + i][at];
        }
    }

    /** Takes an event out. */
    public void remove(int at) {
        forgetNulls(at, at + 1);
        end--;
        for (long[] c : columns) {
            System.arraycopy(c, at + 1, c, at, end - at);
        }
        if (start == end) {
            start = 0;
            end = 0;
            maxDelay = Long.MIN_VALUE;
        }
    }

    /** Frees every event before a position. */
    public void removeBefore(int at) {
        forgetNulls(start, at);
        start = at;
        if (start == end) {
            start = 0;
            end = 0;
            maxDelay = Long.MIN_VALUE;
        }
        if (columns[0].length > 4 * SMALLEST && size() < columns[0].length / 4) {
            move(Math.max(SMALLEST, size() * 2));
        }
    }

    private void forgetNulls(int from, int to) {
        for (int slot = 0; slot < slots; slot++) {
            if (nulls[slot] != 0) {
                long[] m = masks(slot);
                for (int i = from; i < to; i++) {
                    nulls[slot] -= (int) (m[i] >>> (slot & 63) & 1);
                }
            }
        }
    }

    private void makeRoom() {
        int capacity = columns[0].length;
        move(start >= capacity / 2 ? capacity : capacity + (capacity >> 1) + SMALLEST);
    }

    private void move(int capacity) {
        int n = size();
        for (int i = 0; i < columns.length; i++) {
            if (capacity == columns[i].length) {
                System.arraycopy(columns[i], start, columns[i], 0, n);
            } else {
                long[] moved = new long[capacity];
                System.arraycopy(columns[i], start, moved, 0, n);
                columns[i] = moved;
            }
        }
        start = 0;
        end = n;
    }

    @Override
    public String toString() {
        return "EventLog" + Arrays.toString(Arrays.copyOfRange(columns[EVENT_TIME], start, end));
    }
}
