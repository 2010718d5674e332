package dev.isobar.features.state;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The events of many keys in one stream as they came, one flat array per word, to be looked at key by key once all are there. Keys are numbers from 0. Filled by one
 * thread; once {@link #group} was called, many threads may {@link #load} keys, each key by one of them.
 *
 * @since 0.1
 */
public final class EventColumns {
    private static final int FIRST = 1 << 10;
    private static final int SMALL = 24;

    private final EventLayout layout;
    private final long horizon;
    private int[] keys = new int[0];
    private long[] eventTimes = new long[0];
    private long[] availableTimes = new long[0];
    private long[] idsHigh = new long[0];
    private long[] idsLow = new long[0];
    private final long[][] words;
    private final long[][] masks;
    private boolean masked;
    private int size;
    private long latest = Long.MIN_VALUE;
    // Grouped: positions by key, in the order of a log.
    private int[] order = new int[0];
    private int[] ends = new int[1];

    /**
     * Nothing yet.
     *
     * @param horizon two events of a key with one id and one event time are one if they became available within this of each other, microseconds
     */
    public EventColumns(EventLayout layout, long horizon) {
        this.layout = layout;
        this.horizon = horizon;
        this.words = new long[layout.slots()][0];
        this.masks = new long[layout.maskWords()][0];
    }

    /** How many events there are. */
    public int size() {
        return size;
    }

    /** The latest available time of all. */
    public long latestAvailable() {
        return latest;
    }

    /** Bytes that an event takes here, while it is looked at included. */
    public static long bytesPerEvent(EventLayout layout) {
        return 2 * 4 + 8L * layout.columns(true);
    }

    /** Makes room, so that arrays need not grow. */
    public void expect(int events) {
        if (events > keys.length) {
            grow(events);
        }
    }

    private void grow(int capacity) {
        keys = Arrays.copyOf(keys, capacity);
        eventTimes = Arrays.copyOf(eventTimes, capacity);
        availableTimes = Arrays.copyOf(availableTimes, capacity);
        idsHigh = Arrays.copyOf(idsHigh, capacity);
        if (!layout.numericIds()) {
            idsLow = Arrays.copyOf(idsLow, capacity);
        }
        for (int i = 0; i < words.length; i++) {
            words[i] = Arrays.copyOf(words[i], capacity);
        }
        if (masked) {
            for (int i = 0; i < masks.length; i++) {
                masks[i] = Arrays.copyOf(masks[i], capacity);
            }
        }
    }

    /** Adds an event; the word of a null argument does not matter. */
    public void add(
            int key, long eventTime, long availableTime, long idHigh, long idLow, long[] nulls, long[] arguments) {
        int at = size;
        if (at == keys.length) {
            grow(Math.max(FIRST, Math.toIntExact(Math.min(Integer.MAX_VALUE - 8, at + (at >> 1) + 1L))));
        }
        keys[at] = key;
        eventTimes[at] = eventTime;
        availableTimes[at] = availableTime;
        if (availableTime > latest) {
            latest = availableTime;
        }
        idsHigh[at] = idHigh;
        if (!layout.numericIds()) {
            idsLow[at] = idLow;
        }
        boolean any = false;
        for (long m : nulls) {
            any |= m != 0;
        }
        if (any && !masked) {
            masked = true;
            for (int i = 0; i < masks.length; i++) {
                masks[i] = new long[keys.length];
            }
        }
        for (int i = 0; i < words.length; i++) {
            words[i][at] = any && (nulls[i >> 6] >>> (i & 63) & 1) != 0 ? 0 : arguments[i];
        }
        if (any) {
            for (int i = 0; i < masks.length; i++) {
                masks[i][at] = nulls[i];
            }
        }
        size = at + 1;
    }

    /** Forgets all events; the room stays. */
    public void clear() {
        if (masked) {
            for (long[] m : masks) {
                Arrays.fill(m, 0, size, 0);
            }
        }
        size = 0;
        latest = Long.MIN_VALUE;
    }

    /**
     * Puts the events of each key side by side (a counting sort).
     *
     * @param keyCount keys are below this
     */
    public void group(int keyCount) {
        ends = new int[keyCount + 1];
        for (int i = 0; i < size; i++) {
            ends[keys[i] + 1]++;
        }
        for (int k = 0; k < keyCount; k++) {
            ends[k + 1] += ends[k];
        }
        if (order.length < size) {
            order = new int[size];
        }
        // Afterwards ends[k] is what its name says: where key k ends and k + 1 begins.
        for (int i = 0; i < size; i++) {
            order[ends[keys[i]]++] = i;
        }
    }

    private int from(int key) {
        return key == 0 ? 0 : ends[key - 1];
    }

    /** How many events a key has. */
    public int count(int key) {
        return ends[key] - from(key);
    }

    /**
     * Makes a log show one key's events, and nothing else.
     *
     * @param log has an array of its own; made with {@link #log}
     * @param onlyValues whether nobody will look at ids or available times
     */
    public void load(int key, EventLog log, boolean onlyValues) {
        int from = from(key);
        int n = ends[key] - from;
        boolean nulls = masked && anyNull(from, from + n);
        log.begin(n, nulls);
        gather(eventTimes, from, n, log, EventLayout.EVENT_TIME);
        if (!ascending(log, n)) {
            sort(log, from, n);
            int left = withoutCopies(from, from + n);
            if (left < n) {
                n = left;
                log.begin(n, nulls);
            }
            gather(eventTimes, from, n, log, EventLayout.EVENT_TIME);
        }
        if (!onlyValues) {
            gather(availableTimes, from, n, log, EventLayout.AVAILABLE);
            gather(idsHigh, from, n, log, EventLayout.ID);
            if (!layout.numericIds()) {
                gather(idsLow, from, n, log, EventLayout.ID + 1);
            }
        }
        for (int i = 0; i < words.length; i++) {
            gather(words[i], from, n, log, layout.firstSlot() + i);
        }
        if (nulls) {
            for (int i = 0; i < masks.length; i++) {
                gather(masks[i], from, n, log, layout.masks() + i);
            }
        }
        if (onlyValues) {
            log.known(latest);
        } else {
            log.watchAll();
        }
    }

    /** Whether event times rise: then nothing is to be sorted, and nothing can be a copy. */
    private static boolean ascending(EventLog log, int n) {
        long[] times = log.data;
        for (int i = log.base + 1, end = log.base + n; i < end; i++) {
            if (times[i - 1] >= times[i]) {
                return false;
            }
        }
        return true;
    }

    /** A log to {@link #load} keys into. */
    public EventLog log() {
        EventLog log = new EventLog(layout);
        log.becomeLarge();
        return log;
    }

    private void gather(long[] column, int from, int n, EventLog log, int number) {
        long[] into = log.data;
        int at = log.base + number * log.capacity;
        for (int i = 0; i < n; i++) {
            into[at + i] = column[order[from + i]];
        }
    }

    private boolean anyNull(int from, int to) {
        for (int i = from; i < to; i++) {
            for (long[] m : masks) {
                if (m[order[i]] != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private int compare(int a, int b) {
        int c = Long.compare(eventTimes[a], eventTimes[b]);
        if (c == 0) {
            c = Long.compare(availableTimes[a], availableTimes[b]);
        }
        if (c != 0) {
            return c;
        }
        return layout.numericIds()
                ? layout.compareIds(idsHigh[a], 0, idsHigh[b], 0)
                : layout.compareIds(idsHigh[a], idsLow[a], idsHigh[b], idsLow[b]);
    }

    // Recorded histories are nearly sorted: what is late moves a few places. The times are side by side in the log.
    private void sort(EventLog log, int from, int n) {
        long[] times = log.data;
        int base = log.base;
        long moves = 0;
        for (int i = 1; i < n; i++) {
            long time = times[base + i];
            if (times[base + i - 1] < time) {
                continue;
            }
            int moved = order[from + i];
            int j = i;
            while (j > 0
                    && (times[base + j - 1] > time
                            || times[base + j - 1] == time && compare(order[from + j - 1], moved) > 0)) {
                times[base + j] = times[base + j - 1];
                order[from + j] = order[from + j - 1];
                j--;
            }
            times[base + j] = time;
            order[from + j] = moved;
            moves += i - j;
            if (moves > 8L * n + 64) {
                merge(from, from + n, new int[n >> 1]);
                return;
            }
        }
    }

    private void merge(int from, int to, int[] spare) {
        if (to - from <= SMALL) {
            for (int i = from + 1; i < to; i++) {
                int moved = order[i];
                int j = i;
                while (j > from && compare(order[j - 1], moved) > 0) {
                    order[j] = order[j - 1];
                    j--;
                }
                order[j] = moved;
            }
            return;
        }
        int middle = (from + to) >>> 1;
        merge(from, middle, spare);
        merge(middle, to, spare);
        if (compare(order[middle - 1], order[middle]) <= 0) {
            return;
        }
        // The part of the left half that is in its place already stays there.
        int first = from;
        int upTo = middle;
        while (first < upTo) {
            int mid = (first + upTo) >>> 1;
            if (compare(order[mid], order[middle]) <= 0) {
                first = mid + 1;
            } else {
                upTo = mid;
            }
        }
        int n = middle - first;
        System.arraycopy(order, first, spare, 0, n);
        int left = 0;
        int right = middle;
        int into = first;
        while (left < n) {
            order[into++] =
                    right < to && compare(order[right], spare[left]) < 0 ? order[right++] : spare[left++];
        }
    }

    /** Leaves one of each event; returns how many are left. */
    private int withoutCopies(int from, int to) {
        int n = from;
        for (int i = from; i < to; ) {
            int end = i + 1;
            while (end < to && eventTimes[order[end]] == eventTimes[order[i]]) {
                end++;
            }
            n = end - i <= SMALL ? fewWithoutCopies(i, end, n) : manyWithoutCopies(i, end, n);
            i = end;
        }
        return n - from;
    }

    // Events of one time, by available time.
    private int fewWithoutCopies(int from, int to, int into) {
        int n = into;
        for (int i = from; i < to; i++) {
            int at = order[i];
            boolean copy = false;
            for (int j = into; j < n && !copy; j++) {
                copy = isCopy(order[j], at);
            }
            if (!copy) {
                order[n++] = at;
            }
        }
        return n;
    }

    private int manyWithoutCopies(int from, int to, int into) {
        Map<List<Long>, Integer> kept = new HashMap<>();
        int n = into;
        for (int i = from; i < to; i++) {
            int at = order[i];
            Integer first = kept.putIfAbsent(List.of(idsHigh[at], layout.numericIds() ? 0 : idsLow[at]), at);
            if (first == null || !isCopy(first, at)) {
                order[n++] = at;
            }
        }
        return n;
    }

    private boolean isCopy(int first, int second) {
        return idsHigh[first] == idsHigh[second]
                && (layout.numericIds() || idsLow[first] == idsLow[second])
                && Times.minus(availableTimes[second], availableTimes[first]) <= horizon;
    }
}
