package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.workload.Features;
import java.util.Arrays;

/**
 * The limit: the kernel's semantics written by hand for exactly this schema and these fifteen features. Late events take their place, only what was
 * known counts, copies and conflicts are found by id over the horizon, what cannot be asked any more is freed, sums are exact and rounded once.
 *
 * <p>What it gives up against the kernel: cards are small ints from outside, there is one stream and one argument, amounts must be 0 to 2³¹ − 1 (it
 * refuses others), no snapshots, no frontiers.
 *
 * <p>How it is fast: a card is one header of 128 bytes in one array; its events are a ring of (time, cents) pairs in another, allocated in
 * powers of two; three windows subtract what leaves them; one monotonic deque of positions gives all three maxima. What is asked of the past is answered
 * from the same sums by taking the few younger events out again. Not thread safe.
 */
public final class Loop {
    /** What became of an event. */
    public enum Outcome {
        /** It counts from now on. */
        ADMITTED,
        /** A copy. */
        DUPLICATE,
        /** Beyond the allowed lateness. */
        LATE,
        /** The event that has its id goes before it. */
        CONFLICT_REJECTED,
        /** It took the place of the event that had its id. */
        CONFLICT_REPLACED,
        /** Older than what is kept. */
        EXPIRED
    }

    private static final int WINDOWS = Features.WINDOW_COUNT;
    private static final long KEPT = Features.LONGEST + Features.LATENESS;

    // A card's header.
    private static final int STRIDE = 16;
    private static final int FAST_FROM = 0; // beyond every event and every time asked: from here on all is append
    private static final int MAX_AVAILABLE = 1;
    private static final int RING = 2; // base << 32 | log2 of the capacity, 0 for no ring
    private static final int EVENTS = 3; // end << 32 | first
    private static final int DEQUE = 4; // base << 32 | log2 of the capacity
    private static final int DEQUE_ENDS = 5; // tail << 32 | head
    private static final int WINDOW = 6; // start, sum, squares; three times

    private static final int MIN_LOG = 2;
    private static final int CARDS_PER_SWEEP = 1;
    private static final int EVENTS_PER_SWEEP = 4;

    private final int cards;
    private final long[] header;
    private long[] ring = new long[2 << 12];
    private int[] lag = new int[1 << 12];
    private int ringUsed;
    private final int[] ringFree = new int[31];
    private int[] deque = new int[1 << 12];
    private int dequeUsed;
    private final int[] dequeFree = new int[31];

    private Ids current = new Ids();
    private Ids previous = new Ids();
    private long generation = Long.MIN_VALUE;

    private long latest = Long.MIN_VALUE;
    private int sweepAt;
    private int accepts;

    /** An empty state for cards from 0 on. */
    public Loop(int cards) {
        this.cards = cards;
        this.header = new long[cards * STRIDE];
        for (int h = 0; h < header.length; h += STRIDE) {
            header[h + FAST_FROM] = Long.MIN_VALUE;
            header[h + MAX_AVAILABLE] = Long.MIN_VALUE;
        }
        Arrays.fill(ringFree, -1);
        Arrays.fill(dequeFree, -1);
    }

    /** Writes a card's vector as of t, known at k. */
    public void evaluate(int card, long t, long k, double[] into) {
        long[] head = header;
        int h = card * STRIDE;
        if (t < head[h + FAST_FROM] || k < head[h + MAX_AVAILABLE]) {
            evaluatePast(h, t, k, into);
            return;
        }
        head[h + FAST_FROM] = t;
        long place = head[h + RING];
        if (place == 0) {
            for (int w = 0; w < WINDOWS; w++) {
                Features.put(into, w, 0, 0, 0, 0);
            }
            return;
        }
        long[] r = ring;
        int base = (int) (place >>> 32);
        int mask = (1 << (int) place) - 1;
        int end = (int) (head[h + EVENTS] >>> 32);
        long dequePlace = head[h + DEQUE];
        int[] dq = deque;
        int dequeBase = (int) (dequePlace >>> 32);
        int dequeMask = (1 << (int) dequePlace) - 1;
        int d = (int) head[h + DEQUE_ENDS];
        int tail = (int) (head[h + DEQUE_ENDS] >>> 32);
        for (int w = WINDOWS - 1; w >= 0; w--) {
            int at = h + WINDOW + 3 * w;
            int start = (int) head[at];
            long sum = head[at + 1];
            long squares = head[at + 2];
            long from = t - Features.window(w);
            if (start < end && r[(base + (start & mask)) << 1] < from) {
                do {
                    long x = r[((base + (start & mask)) << 1) + 1];
                    sum -= x;
                    squares -= x * x;
                    start++;
                } while (start < end && r[(base + (start & mask)) << 1] < from);
                head[at] = start;
                head[at + 1] = sum;
                head[at + 2] = squares;
            }
            while (d < tail && dq[dequeBase + (d & dequeMask)] < start) {
                d++;
            }
            if (w == WINDOWS - 1) {
                head[h + DEQUE_ENDS] = (long) tail << 32 | d;
            }
            long max = d < tail ? r[((base + (dq[dequeBase + (d & dequeMask)] & mask)) << 1) + 1] : 0;
            Features.put(into, w, end - start, sum, squares, max);
        }
    }

    // As of a time at or before an event that is there, or known at a time before one became known.
    private void evaluatePast(int h, long t, long k, double[] into) {
        long place = header[h + RING];
        int base = (int) (place >>> 32);
        int mask = (1 << (int) place) - 1;
        int first = (int) header[h + EVENTS];
        int end = place == 0 ? first : (int) (header[h + EVENTS] >>> 32);
        boolean allKnown = k >= header[h + MAX_AVAILABLE];
        int to = end;
        long youngerSum = 0;
        long youngerSquares = 0;
        while (to > first && time(base, mask, to - 1) >= t) {
            to--;
            long x = cents(base, mask, to);
            youngerSum += x;
            youngerSquares += x * x;
        }
        for (int w = 0; w < WINDOWS; w++) {
            int at = h + WINDOW + 3 * w;
            int start = (int) header[at];
            long from = t - Features.window(w);
            if (!allKnown || to <= start || (start < end && time(base, mask, start) < from)) {
                scan(base, mask, first, to, from, k, w, into);
                continue;
            }
            long sum = header[at + 1] - youngerSum;
            long squares = header[at + 2] - youngerSquares;
            long max = maxBefore(h, base, mask, start, to);
            while (start > first && time(base, mask, start - 1) >= from) {
                start--;
                long x = cents(base, mask, start);
                sum += x;
                squares += x * x;
                max = Math.max(max, x);
            }
            Features.put(into, w, to - start, sum, squares, max);
        }
    }

    // Of the events from start up to one of them. Whatever the deque has dropped is no larger than what it has after
    // it, so its first position inside is the largest; it may have none because a younger one beats them all.
    private long maxBefore(int h, int base, int mask, int start, int to) {
        int dequeBase = (int) (header[h + DEQUE] >>> 32);
        int dequeMask = (1 << (int) header[h + DEQUE]) - 1;
        int d = (int) header[h + DEQUE_ENDS];
        int tail = (int) (header[h + DEQUE_ENDS] >>> 32);
        while (d < tail && deque[dequeBase + (d & dequeMask)] < start) {
            d++;
        }
        if (d < tail && deque[dequeBase + (d & dequeMask)] < to) {
            return cents(base, mask, deque[dequeBase + (d & dequeMask)]);
        }
        long max = 0;
        for (int i = start; i < to; i++) {
            max = Math.max(max, cents(base, mask, i));
        }
        return max;
    }

    private void scan(int base, int mask, int first, int to, long from, long k, int w, double[] into) {
        long count = 0;
        long sum = 0;
        long squares = 0;
        long max = 0;
        for (int i = to - 1; i >= first; i--) {
            long time = time(base, mask, i);
            if (time < from) {
                break;
            }
            if (time + lag[base + (i & mask)] <= k) {
                long x = cents(base, mask, i);
                count++;
                sum += x;
                squares += x * x;
                max = Math.max(max, x);
            }
        }
        Features.put(into, w, count, sum, squares, max);
    }

    /** Takes an event in. */
    public Outcome accept(long id, int card, long t, long available, long x) {
        if (available - t > Features.LATENESS) {
            return Outcome.LATE;
        }
        if (x < 0 || x > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("amount " + x + ": this loop is written for 0 to 2^31 - 1 cents");
        }
        if (available > latest) {
            latest = available;
        }
        if (++accepts % EVENTS_PER_SWEEP == 0) {
            sweep();
        }
        if (t < latest - KEPT) {
            return Outcome.EXPIRED;
        }
        if (available > generation) {
            Ids emptied = previous;
            previous = current;
            current = emptied;
            emptied.clear();
            generation = available + Features.HORIZON;
        }
        int lagOfIt = (int) (available - t);
        Outcome outcome = Outcome.ADMITTED;
        Ids in = current;
        long hash = Ids.hash(id);
        int known = current.find(id, hash);
        if (known < 0) {
            known = previous.find(id, hash);
            in = previous;
        }
        if (known >= 0 && Math.abs(in.time[known] + in.lag[known] - available) <= Features.HORIZON) {
            if (in.card[known] == card && in.time[known] == t && in.lag[known] == lagOfIt && in.cents[known] == x) {
                return Outcome.DUPLICATE;
            }
            if (!goesBefore(card, t, available, x, in, known)) {
                return Outcome.CONFLICT_REJECTED;
            }
            remove(in.card[known], in.time[known], in.lag[known], in.cents[known]);
            outcome = Outcome.CONFLICT_REPLACED;
        }
        if (known >= 0 && in == current) {
            current.set(known, card, t, lagOfIt, (int) x);
        } else {
            current.put(id, hash, card, t, lagOfIt, (int) x);
        }
        insert(card, t, available, x);
        return outcome;
    }

    private static boolean goesBefore(int card, long t, long available, long x, Ids ids, int known) {
        long other = ids.time[known] + ids.lag[known];
        if (available != other) {
            return available < other;
        }
        if (t != ids.time[known]) {
            return t < ids.time[known];
        }
        if (card != ids.card[known]) {
            // Keys are compared as text.
            return Integer.toString(card).compareTo(Integer.toString(ids.card[known])) < 0;
        }
        return x < ids.cents[known];
    }

    private void insert(int card, long t, long available, long x) {
        int h = card * STRIDE;
        if (available > header[h + MAX_AVAILABLE]) {
            header[h + MAX_AVAILABLE] = available;
        }
        if (header[h + RING] == 0) {
            header[h + RING] = (long) allocateRing(MIN_LOG) << 32 | MIN_LOG;
            header[h + DEQUE] = (long) allocateDeque(MIN_LOG) << 32 | MIN_LOG;
        }
        long ends = header[h + EVENTS];
        int first = (int) ends;
        int end = (int) (ends >>> 32);
        int log = (int) header[h + RING];
        if (end - first == 1 << log) {
            first = trim(h);
            if (end - first == 1 << log) {
                resize(h, first, end, log + 1);
                log++;
            }
        }
        int base = (int) (header[h + RING] >>> 32);
        int mask = (1 << log) - 1;
        int p = end;
        if (t >= header[h + FAST_FROM]) {
            header[h + FAST_FROM] = t + 1;
        } else {
            while (p > first && time(base, mask, p - 1) > t) {
                int to = base + (p & mask);
                int from = base + ((p - 1) & mask);
                ring[to << 1] = ring[from << 1];
                ring[(to << 1) + 1] = ring[(from << 1) + 1];
                lag[to] = lag[from];
                p--;
            }
        }
        int at = base + (p & mask);
        ring[at << 1] = t;
        ring[(at << 1) + 1] = x;
        lag[at] = (int) (available - t);
        header[h + EVENTS] = (long) (end + 1) << 32 | first;
        long xx = x * x;
        for (int w = h + WINDOW; w < h + WINDOW + 3 * WINDOWS; w += 3) {
            if (p < (int) header[w]) {
                header[w]++;
            } else {
                header[w + 1] += x;
                header[w + 2] = Math.addExact(header[w + 2], xx);
            }
        }
        if (p == end) {
            push(h, base, mask, p, x);
        } else {
            pushBehind(h, base, mask, p, x);
        }
    }

    private void push(int h, int base, int mask, int p, long x) {
        long place = header[h + DEQUE];
        int dequeBase = (int) (place >>> 32);
        int dequeMask = (1 << (int) place) - 1;
        int d = (int) header[h + DEQUE_ENDS];
        int tail = (int) (header[h + DEQUE_ENDS] >>> 32);
        while (tail > d && cents(base, mask, deque[dequeBase + ((tail - 1) & dequeMask)]) <= x) {
            tail--;
        }
        if (tail - d > dequeMask) {
            growDeque(h);
            place = header[h + DEQUE];
            dequeBase = (int) (place >>> 32);
            dequeMask = (1 << (int) place) - 1;
        }
        deque[dequeBase + (tail & dequeMask)] = p;
        header[h + DEQUE_ENDS] = (long) (tail + 1) << 32 | d;
    }

    // An event that came late: positions from its own on have moved by one.
    private void pushBehind(int h, int base, int mask, int p, long x) {
        int d = (int) header[h + DEQUE_ENDS];
        int tail = (int) (header[h + DEQUE_ENDS] >>> 32);
        int dequeBase = (int) (header[h + DEQUE] >>> 32);
        int dequeMask = (1 << (int) header[h + DEQUE]) - 1;
        int q = tail;
        while (q > d && deque[dequeBase + ((q - 1) & dequeMask)] >= p) {
            deque[dequeBase + ((q - 1) & dequeMask)]++;
            q--;
        }
        if (p < (int) header[h + WINDOW + 3 * (WINDOWS - 1)]
                || (q < tail && cents(base, mask, deque[dequeBase + (q & dequeMask)]) >= x)) {
            return;
        }
        int keep = q;
        while (keep > d && cents(base, mask, deque[dequeBase + ((keep - 1) & dequeMask)]) <= x) {
            keep--;
        }
        int younger = tail - q;
        if (keep == q) {
            if (tail - d > dequeMask) {
                growDeque(h);
                dequeBase = (int) (header[h + DEQUE] >>> 32);
                dequeMask = (1 << (int) header[h + DEQUE]) - 1;
            }
            for (int i = tail; i > q; i--) {
                deque[dequeBase + (i & dequeMask)] = deque[dequeBase + ((i - 1) & dequeMask)];
            }
        } else {
            for (int i = 0; i < younger; i++) {
                deque[dequeBase + ((keep + 1 + i) & dequeMask)] = deque[dequeBase + ((q + i) & dequeMask)];
            }
        }
        deque[dequeBase + (keep & dequeMask)] = p;
        header[h + DEQUE_ENDS] = (long) (keep + 1 + younger) << 32 | d;
    }

    // Rare: a copy in conflict that was there first has to go.
    private void remove(int card, long t, int lagOfIt, long x) {
        int h = card * STRIDE;
        int base = (int) (header[h + RING] >>> 32);
        int mask = (1 << (int) header[h + RING]) - 1;
        int first = (int) header[h + EVENTS];
        int end = (int) (header[h + EVENTS] >>> 32);
        int p = end - 1;
        while (time(base, mask, p) != t || lag[base + (p & mask)] != lagOfIt || cents(base, mask, p) != x) {
            p--;
            if (p < first) {
                throw new IllegalStateException("an event with a known id is not in the ring of card " + card);
            }
        }
        for (int i = p; i < end - 1; i++) {
            int to = base + (i & mask);
            int from = base + ((i + 1) & mask);
            ring[to << 1] = ring[from << 1];
            ring[(to << 1) + 1] = ring[(from << 1) + 1];
            lag[to] = lag[from];
        }
        end--;
        header[h + EVENTS] = (long) end << 32 | first;
        for (int w = h + WINDOW; w < h + WINDOW + 3 * WINDOWS; w += 3) {
            if (p < (int) header[w]) {
                header[w]--;
            } else {
                header[w + 1] -= x;
                header[w + 2] -= x * x;
            }
        }
        header[h + DEQUE_ENDS] = 0;
        for (int i = (int) header[h + WINDOW + 3 * (WINDOWS - 1)]; i < end; i++) {
            push(h, base, mask, i, cents(base, mask, i));
        }
    }

    /** Drops what no window as of a time within the lateness reaches; returns the new first position. */
    private int trim(int h) {
        int base = (int) (header[h + RING] >>> 32);
        int mask = (1 << (int) header[h + RING]) - 1;
        int first = (int) header[h + EVENTS];
        int bound = (int) header[h + WINDOW + 3 * (WINDOWS - 1)];
        long from = latest - KEPT;
        while (first < bound && time(base, mask, first) < from) {
            first++;
        }
        header[h + EVENTS] = ((header[h + EVENTS] >>> 32) << 32) | first;
        return first;
    }

    // A little at a time: idle cards lose their rings without a pause.
    private void sweep() {
        for (int i = 0; i < CARDS_PER_SWEEP; i++) {
            sweepAt = sweepAt + 1 < cards ? sweepAt + 1 : 0;
            int h = sweepAt * STRIDE;
            if (header[h + RING] == 0) {
                continue;
            }
            int base = (int) (header[h + RING] >>> 32);
            int log = (int) header[h + RING];
            int end = (int) (header[h + EVENTS] >>> 32);
            int first = trim(h);
            if (first == end || time(base, (1 << log) - 1, end - 1) < latest - KEPT) {
                freeRing(base, log);
                freeDeque((int) (header[h + DEQUE] >>> 32), (int) header[h + DEQUE]);
                Arrays.fill(header, h + RING, h + STRIDE, 0);
                header[h + FAST_FROM] = Long.MIN_VALUE;
                header[h + MAX_AVAILABLE] = Long.MIN_VALUE;
            } else if (log > MIN_LOG && end - first <= 1 << (log - 2)) {
                resize(h, first, end, log - 1);
            }
        }
    }

    private void resize(int h, int first, int end, int log) {
        int oldBase = (int) (header[h + RING] >>> 32);
        int oldLog = (int) header[h + RING];
        int oldMask = (1 << oldLog) - 1;
        int base = allocateRing(log);
        int mask = (1 << log) - 1;
        for (int i = first; i < end; i++) {
            int to = base + (i & mask);
            int from = oldBase + (i & oldMask);
            ring[to << 1] = ring[from << 1];
            ring[(to << 1) + 1] = ring[(from << 1) + 1];
            lag[to] = lag[from];
        }
        freeRing(oldBase, oldLog);
        header[h + RING] = (long) base << 32 | log;
    }

    private void growDeque(int h) {
        int oldBase = (int) (header[h + DEQUE] >>> 32);
        int oldLog = (int) header[h + DEQUE];
        int base = allocateDeque(oldLog + 1);
        int d = (int) header[h + DEQUE_ENDS];
        int mask = (2 << oldLog) - 1;
        for (int i = d; i < d + (1 << oldLog); i++) {
            deque[base + (i & mask)] = deque[oldBase + (i & (mask >> 1))];
        }
        freeDeque(oldBase, oldLog);
        header[h + DEQUE] = (long) base << 32 | (oldLog + 1);
    }

    private int allocateRing(int log) {
        int base = ringFree[log];
        if (base >= 0) {
            ringFree[log] = lag[base];
            return base;
        }
        base = ringUsed;
        ringUsed += 1 << log;
        if (ringUsed > lag.length) {
            int capacity = Math.max(ringUsed, lag.length + (lag.length >> 1));
            ring = Arrays.copyOf(ring, 2 * capacity);
            lag = Arrays.copyOf(lag, capacity);
        }
        return base;
    }

    private void freeRing(int base, int log) {
        lag[base] = ringFree[log];
        ringFree[log] = base;
    }

    private int allocateDeque(int log) {
        int base = dequeFree[log];
        if (base >= 0) {
            dequeFree[log] = deque[base];
            return base;
        }
        base = dequeUsed;
        dequeUsed += 1 << log;
        if (dequeUsed > deque.length) {
            deque = Arrays.copyOf(deque, Math.max(dequeUsed, deque.length + (deque.length >> 1)));
        }
        return base;
    }

    private void freeDeque(int base, int log) {
        deque[base] = dequeFree[log];
        dequeFree[log] = base;
    }

    private long time(int base, int mask, int i) {
        return ring[(base + (i & mask)) << 1];
    }

    private long cents(int base, int mask, int i) {
        return ring[((base + (i & mask)) << 1) + 1];
    }

    /**
     * The ids of one horizon, emptied as a whole: a log in order of arrival, and an open-addressing table of ints that point into it. The upper bits of an
     * entry are those of the hash: whoever is not there is told from a table of four bytes an id, which stays in the cache.
     */
    private static final class Ids {
        private static final int MIN_LOG = 11;

        private int log = MIN_LOG; // log2 of the entries there is room for; the table is twice as long
        private int[] table = new int[2 << MIN_LOG];
        private int size;
        private long[] id = new long[1 << MIN_LOG];
        private long[] time = new long[1 << MIN_LOG];
        private int[] cents = new int[1 << MIN_LOG];
        private int[] card = new int[1 << MIN_LOG];
        private int[] lag = new int[1 << MIN_LOG];

        static long hash(long id) {
            long h = id * 0x9e3779b97f4a7c15L;
            return h ^ (h >>> 32);
        }

        int find(long wanted, long hash) {
            int[] t = table;
            int mask = t.length - 1;
            int index = (1 << log) - 1;
            int mark = (int) (hash >>> 32) & ~index;
            // 0 is free: positions count from 1.
            for (int i = (int) hash & mask; t[i] != 0; i = (i + 1) & mask) {
                if ((t[i] & ~index) == mark && id[(t[i] & index) - 1] == wanted) {
                    return (t[i] & index) - 1;
                }
            }
            return -1;
        }

        void put(long idOfIt, long hash, int cardOfIt, long timeOfIt, int lagOfIt, int centsOfIt) {
            int entry = size;
            // One place is left free, so that a position never needs the bit above the index.
            if (entry == (1 << log) - 1) {
                grow();
            }
            size++;
            point(hash, entry);
            id[entry] = idOfIt;
            set(entry, cardOfIt, timeOfIt, lagOfIt, centsOfIt);
        }

        void set(int entry, int cardOfIt, long timeOfIt, int lagOfIt, int centsOfIt) {
            card[entry] = cardOfIt;
            time[entry] = timeOfIt;
            lag[entry] = lagOfIt;
            cents[entry] = centsOfIt;
        }

        void clear() {
            if (size > 0) {
                Arrays.fill(table, 0);
                size = 0;
            }
        }

        private void point(long hash, int entry) {
            int mask = table.length - 1;
            int i = (int) hash & mask;
            while (table[i] != 0) {
                i = (i + 1) & mask;
            }
            table[i] = ((int) (hash >>> 32) & ~((1 << log) - 1)) | (entry + 1);
        }

        private void grow() {
            log++;
            int capacity = 1 << log;
            id = Arrays.copyOf(id, capacity);
            time = Arrays.copyOf(time, capacity);
            cents = Arrays.copyOf(cents, capacity);
            card = Arrays.copyOf(card, capacity);
            lag = Arrays.copyOf(lag, capacity);
            table = new int[2 * capacity];
            for (int entry = 0; entry < size; entry++) {
                point(hash(id[entry]), entry);
            }
        }
    }
}
