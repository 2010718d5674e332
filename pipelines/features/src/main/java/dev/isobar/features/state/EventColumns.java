package dev.isobar.features.state;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The events of many keys in one stream as they came, in one flat array, to be looked at key by key once all are there. Keys are numbers from 0. Filled by one
 * thread; once {@link #group} was called, many threads may {@link #load} keys, each key by one of them.
 *
 * @since 0.1
 */
public final class EventColumns {
    private static final int FIRST = 1 << 10;
    private static final int SMALL = 24;
    /** So many rows are brought into the cache before they are copied: few enough to be there still. */
    private static final int AT_ONCE = 512;

    private static final int AVAILABLE = 1;
    private static final int ID = 2;

    private final EventLayout layout;
    private final long horizon;
    private final int slots;
    private final int maskWords;
    /** Where an event's arguments begin, behind its times and its id. */
    private final int firstSlot;

    private int[] keys = new int[0];
    // An event's words are side by side: to bring them together by key touches one place for each event.
    private long[] rows = new long[0];
    private int stride;
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
        this.slots = layout.slots();
        this.maskWords = layout.maskWords();
        this.firstSlot = ID + (layout.numericIds() ? 1 : 2);
        this.stride = firstSlot + slots;
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
        return 2 * 4 + 8L * layout.words(true);
    }

    /** Makes room, so that arrays need not grow. */
    public void expect(int events) {
        if (events > keys.length) {
            grow(events);
        }
    }

    private void grow(int capacity) {
        keys = Arrays.copyOf(keys, capacity);
        rows = Arrays.copyOf(rows, Math.multiplyExact(capacity, stride));
    }

    /** Makes room for null masks behind each event. */
    private void beginMasks() {
        int wider = stride + maskWords;
        long[] wide = new long[Math.multiplyExact(keys.length, wider)];
        for (int i = 0; i < size; i++) {
            System.arraycopy(rows, i * stride, wide, i * wider, stride);
        }
        rows = wide;
        stride = wider;
        masked = true;
    }

    /** Adds an event; the word of a null argument does not matter. */
    public void add(
            int key, long eventTime, long availableTime, long idHigh, long idLow, long[] nulls, long[] arguments) {
        boolean any = false;
        for (long m : nulls) {
            any |= m != 0;
        }
        if (any && !masked) {
            beginMasks();
        }
        if (size == keys.length) {
            grow(Math.max(FIRST, (int) Math.min(Integer.MAX_VALUE / (stride + maskWords), size + (size >> 1) + 1L)));
        }
        int at = size * stride;
        keys[size++] = key;
        rows[at] = eventTime;
        rows[at + AVAILABLE] = availableTime;
        if (availableTime > latest) {
            latest = availableTime;
        }
        rows[at + ID] = idHigh;
        if (!layout.numericIds()) {
            rows[at + ID + 1] = idLow;
        }
        at += firstSlot;
        if (masked) {
            for (int i = 0; i < slots; i++) {
                rows[at + i] = (nulls[i >> 6] >>> (i & 63) & 1) != 0 ? 0 : arguments[i];
            }
            System.arraycopy(nulls, 0, rows, at + slots, maskWords);
        } else {
            for (int i = 0; i < slots; i++) {
                rows[at + i] = arguments[i];
            }
        }
    }

    /** The most events there can be. */
    public static long most(EventLayout layout) {
        return Integer.MAX_VALUE / (layout.words(true) + 1);
    }

    /** Forgets all events; the room stays. */
    public void clear() {
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
     * @param allKnown whether nobody asks for a time at which any event of the history was not yet known
     */
    public void load(int key, EventLog log, boolean allKnown) {
        int from = from(key);
        int n = ends[key] - from;
        boolean nulls = masked && anyNull(from, from + n);
        if (!gather(from, n, log, nulls)) {
            if (!sort(log, from, n)) {
                merge(from, from + n, new int[n >> 1]);
                gather(from, n, log, nulls);
            }
            if (!ascending(log, n)) {
                int left = withoutCopies(from, from + n);
                if (left < n) {
                    gather(from, left, log, nulls);
                }
            }
        }
        if (allKnown) {
            log.known(latest);
        } else {
            log.watchAll();
        }
    }

    /** Whether event times rise: then nothing is to be sorted, and nothing can be a copy. */
    private static boolean ascending(EventLog log, int n) {
        for (int i = 1; i < n; i++) {
            if (log.eventTime(i - 1) >= log.eventTime(i)) {
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

    /** Returns whether event times rise. */
    private boolean gather(int from, int n, EventLog log, boolean nulls) {
        log.begin(n, nulls);
        boolean ascending = true;
        for (int i = 0; i < n; i += AT_ONCE) {
            int upTo = Math.min(n, i + AT_ONCE);
            ascending &= (i == 0 || time(from + i - 1) < time(from + i)) & ascending(from + i, from + upTo);
            copy(from, i, upTo, log, nulls);
        }
        return ascending;
    }

    private long time(int place) {
        return rows[order[place] * stride];
    }

    /**
     * Whether event times rise. The rows are all over the memory, and none of these looks waits for the one before: behind this they are in the cache, while a
     * copy of each would wait for each.
     */
    private boolean ascending(int from, int to) {
        boolean ascending = true;
        long last = time(from);
        for (int i = from + 1; i < to; i++) {
            long time = time(i);
            ascending &= last < time;
            last = time;
        }
        return ascending;
    }

    private void copy(int from, int first, int upTo, EventLog log, boolean nulls) {
        long[] into = log.data;
        int gap = layout.firstSlot() - firstSlot;
        int copied = slots + (nulls ? maskWords : 0);
        for (int i = first, to = log.at(first); i < upTo; i++, to += log.stride) {
            int at = order[from + i] * stride;
            // A few words each: a loop is faster than a copy of arrays.
            for (int w = 0; w < firstSlot; w++) {
                into[to + w] = rows[at + w];
            }
            for (int w = firstSlot; w < firstSlot + copied; w++) {
                into[to + gap + w] = rows[at + w];
            }
        }
    }

    private boolean anyNull(int from, int to) {
        for (int i = from; i < to; i++) {
            int at = order[i] * stride + firstSlot + slots;
            for (int m = 0; m < maskWords; m++) {
                if (rows[at + m] != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private long word(int event, int number) {
        return rows[event * stride + number];
    }

    private int compare(int a, int b) {
        int c = Long.compare(word(a, 0), word(b, 0));
        if (c == 0) {
            c = Long.compare(word(a, AVAILABLE), word(b, AVAILABLE));
        }
        return c != 0 ? c : layout.compareIds(word(a, ID), idLow(a), word(b, ID), idLow(b));
    }

    private long idLow(int event) {
        return layout.numericIds() ? 0 : word(event, ID + 1);
    }

    /** Recorded histories are nearly sorted: what is late moves a few places. False if it is too many. */
    private boolean sort(EventLog log, int from, int n) {
        long[] data = log.data;
        long[] record = new long[log.stride];
        long moves = 0;
        for (int i = 1; i < n; i++) {
            long time = log.eventTime(i);
            if (log.eventTime(i - 1) < time) {
                continue;
            }
            int moved = order[from + i];
            int j = i;
            while (j > 0
                    && (log.eventTime(j - 1) > time
                            || log.eventTime(j - 1) == time && compare(order[from + j - 1], moved) > 0)) {
                j--;
            }
            if (j == i) {
                continue;
            }
            System.arraycopy(order, from + j, order, from + j + 1, i - j);
            order[from + j] = moved;
            System.arraycopy(data, log.at(i), record, 0, record.length);
            System.arraycopy(data, log.at(j), data, log.at(j + 1), (i - j) * record.length);
            System.arraycopy(record, 0, data, log.at(j), record.length);
            moves += i - j;
            if (moves > 8L * n + 64) {
                return false;
            }
        }
        return true;
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
            order[into++] = right < to && compare(order[right], spare[left]) < 0 ? order[right++] : spare[left++];
        }
    }

    /** Leaves one of each event; returns how many are left. */
    private int withoutCopies(int from, int to) {
        int n = from;
        for (int i = from; i < to; ) {
            int end = i + 1;
            while (end < to && word(order[end], 0) == word(order[i], 0)) {
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
            Integer first = kept.putIfAbsent(List.of(word(at, ID), idLow(at)), at);
            if (first == null || !isCopy(first, at)) {
                order[n++] = at;
            }
        }
        return n;
    }

    private boolean isCopy(int first, int second) {
        return word(first, ID) == word(second, ID)
                && idLow(first) == idLow(second)
                && Times.minus(word(second, AVAILABLE), word(first, AVAILABLE)) <= horizon;
    }
}
