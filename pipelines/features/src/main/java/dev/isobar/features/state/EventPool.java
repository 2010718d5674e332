package dev.isobar.features.state;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The logs of all keys in one stream. A key with few events has a block in a page that it shares with other keys, and no object. A key with
 * many has a log of its own, which trackers can follow. Keys are numbers from 0. Not thread safe.
 *
 * <p>With a {@link Spill}, large logs are chains of pages too, and pages that were not used for long are written there when memory is used up, and read back when
 * they are asked for. What is used within one {@linkplain #begin operation} stays. So of a long window on a hot key the edges are in memory, and not what is
 * between them.
 *
 * @since 0.1
 */
public final class EventPool {
    private static final int UNIT_SHIFT = 2;
    /** Words of a page, as a power of two: large where pages stay in memory, and few enough to be read for one key where they do not. */
    private static final int IN_MEMORY = 15;

    private static final int SPILLED = 9;
    private static final long MASKED = 1L << 24;
    /** Words of a line of the processor's cache. */
    private static final int LINE = 8;

    private static final int[] CAPACITIES = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
    /** So many of them where pages stay in memory: cursors are made for logs with more events. Where they do not, a log of its own takes pages of its own. */
    private static final int IN_MEMORY_CAPACITIES = 10;

    private final EventLayout layout;
    private final int stride;
    private final int maskedStride;
    // Of a unit's number, the page is in the upper bits and the place in the page in the lower ones.
    private final int unitsShift;
    private final int units;
    private final int classes;
    private final Pages pages;
    // The page that blocks are made in, and where.
    private int page;
    private int nextUnit;
    // Heads of the free blocks per class, without masks and with; the first word of a free block is the next.
    private final int[] free;
    // Two words per key. Where its log is: 0 nowhere; above 0 its block's unit + 1 in the upper half and what the log
    // shows of it in the lower; below 0 the
    // complement of a large log's number. And at least the event time of every event in it, so that nothing is looked
    // at only to see that it is still wanted.
    private long[] keys = new long[2 * 16];
    private EventLog[] large = new EventLog[4];
    private int largeCount;
    private int[] freeLarge = new int[4];
    private int freeLargeCount;
    private long events;

    // Keys that will be opened soon, and what was seen of them: a look whose result nobody kept would not be made.
    private final int[] expected = new int[64];
    private int expectedCount;
    private long fetched;

    // Large logs that were opened in this operation, and may show a page.
    private EventLog[] opened = new EventLog[4];
    private int openedCount;

    /** An empty pool, all in memory. */
    public EventPool(EventLayout layout) {
        this(layout, null, 0, Long.MAX_VALUE);
    }

    /**
     * An empty pool.
     *
     * @param spill where to put what is beyond the budget; null for nowhere
     * @param firstNumber the first of 2^32 numbers that this pool may use there
     * @param bytes how much of the logs may be in memory
     */
    public EventPool(EventLayout layout, @Nullable Spill spill, long firstNumber, long bytes) {
        this.layout = layout;
        int event = Integer.SIZE - Integer.numberOfLeadingZeros(layout.words(true) - 1);
        this.unitsShift = Math.max(event, spill == null ? IN_MEMORY : SPILLED) - UNIT_SHIFT;
        this.units = 1 << unitsShift;
        this.nextUnit = units;
        this.pages = new Pages(units << UNIT_SHIFT, spill, firstNumber, bytes);
        int fit = spill == null ? IN_MEMORY_CAPACITIES : CAPACITIES.length;
        while (fit > 1 && (long) CAPACITIES[fit - 1] * layout.words(true) > pages.words()) {
            fit--;
        }
        this.stride = layout.words(false);
        this.maskedStride = layout.words(true);
        this.classes = fit;
        this.free = new int[2 * fit];
    }

    /** Whether events may be elsewhere than in memory. */
    public boolean spills() {
        return pages.spills();
    }

    /** Says that a key will be opened soon. */
    public void expect(int key) {
        if (expectedCount == expected.length) {
            fetch();
        }
        expected[expectedCount++] = key;
    }

    /** Looks at everything that is about to be looked at for the keys that are expected: none of these looks waits for the one before. */
    public void fetch() {
        long seen = 0;
        for (int i = 0; i < expectedCount; i++) {
            seen += 2 * expected[i] < keys.length ? keys[2 * expected[i]] : 0;
        }
        for (int i = 0; i < expectedCount; i++) {
            long place = 2 * expected[i] < keys.length ? keys[2 * expected[i]] : 0;
            if (place < 0) {
                seen += large[(int) ~place].touch();
            } else if (place > 0) {
                int unit = unit(place);
                long[] page = pages.get(unit >>> unitsShift);
                int base = (unit & units - 1) << UNIT_SHIFT;
                int words = (place & MASKED) != 0 ? maskedStride : stride;
                int last = Math.max(0, ((int) place >>> 8 & 0xff) - 1) * words;
                for (int at = ((int) place & 0xff) * words; at < last; at += LINE) {
                    seen += page[base + at];
                }
                seen += page[base + last];
            }
        }
        fetched = seen;
        expectedCount = 0;
    }

    /** How many events it holds. */
    public long events() {
        return events;
    }

    /** Bytes of the logs that are in memory. */
    public long bytes() {
        long bytes = pages.bytes();
        for (int i = 0; i < largeCount; i++) {
            bytes += large[i].isPaged() ? 0 : 8L * large[i].data.length;
        }
        return bytes;
    }

    /** Begins an operation: what was opened before need not stay in memory any more. */
    public void begin() {
        if (pages.spills()) {
            while (openedCount > 0) {
                opened[--openedCount].close();
            }
            pages.begin();
        }
    }

    private EventLog large(int number) {
        EventLog log = large[number];
        if (log.isPaged()) {
            opened(log);
        }
        return log;
    }

    private void opened(EventLog log) {
        if (openedCount == opened.length) {
            opened = Arrays.copyOf(opened, 2 * openedCount);
        }
        opened[openedCount++] = log;
    }

    /**
     * A key's log, to be read until the next change of the pool.
     *
     * @param view is filled and handed back unless the log is an object of its own
     * @return null if the key has no events
     */
    public @Nullable EventLog open(int key, EventLog view) {
        long place = 2 * key < keys.length ? keys[2 * key] : 0;
        if (place == 0) {
            return null;
        }
        if (place < 0) {
            return large((int) ~place);
        }
        int unit = unit(place);
        view.unit = unit >>> unitsShift;
        view.data = pages.get(view.unit);
        view.base = (unit & units - 1) << UNIT_SHIFT;
        view.start = (int) place & 0xff;
        view.end = (int) place >>> 8 & 0xff;
        view.blockClass = (int) place >>> 16 & 0xff;
        view.capacity = CAPACITIES[view.blockClass];
        view.masked = (place & MASKED) != 0;
        view.stride = view.masked ? maskedStride : stride;
        return view;
    }

    private static int unit(long place) {
        return (int) (place >>> 32) - 1;
    }

    private int unitOf(EventLog log) {
        return log.unit << unitsShift | log.base >>> UNIT_SHIFT;
    }

    /** Notes what a log in a block shows. */
    private void store(int key, EventLog log) {
        if (!log.isLarge()) {
            keys[2 * key] = (unitOf(log) + 1L) << 32
                    | (log.masked ? MASKED : 0)
                    | log.blockClass << 16
                    | log.end << 8
                    | log.start;
            pages.change(log.unit);
        }
    }

    /** Puts an event into a key's log, and frees those that happened before a time. */
    public void insert(
            int key,
            EventLog view,
            long keepFrom,
            long eventTime,
            long available,
            long idHigh,
            long idLow,
            long content,
            long[] masks,
            long[] words) {
        reach(key);
        keys[2 * key + 1] = keys[2 * key] == 0 ? eventTime : Math.max(keys[2 * key + 1], eventTime);
        boolean nulls = false;
        for (long m : masks) {
            nulls |= m != 0;
        }
        EventLog log = open(key, view);
        if (log == null) {
            log = view;
            log.start = 0;
            log.end = 0;
            log.masked = nulls;
            allocate(log, 0, nulls);
        } else {
            int before = log.size();
            if (log.isPaged()) {
                freeUpTo(log, log.knownBefore(keepFrom));
            } else if (log.eventTime(log.start) < keepFrom) {
                freeBefore(log, keepFrom);
            }
            if (log.size() < before) {
                if (log.isLarge() && log.size() > 0 && log.capacity > 8 * log.size()) {
                    settle(key, log);
                    log = Objects.requireNonNull(open(key, view));
                }
            }
            if (nulls && !log.masked || log.end == log.capacity) {
                log = makeRoom(key, log, nulls);
            }
        }
        log.put(eventTime, available, idHigh, idLow, content, masks, words);
        store(key, log);
        events++;
    }

    /** Whether every event of a key surely happened before a time. */
    public boolean isOlder(int key, long time) {
        return 2 * key >= keys.length || keys[2 * key] == 0 || keys[2 * key + 1] < time;
    }

    /** Takes an event out of a key's log. */
    public void remove(int key, EventLog log, int position) {
        log.take(position);
        events--;
        settle(key, log);
    }

    /** Frees the events of a key that happened before a time. Returns whether nothing is left. */
    public boolean trim(int key, EventLog view, long time) {
        EventLog log = open(key, view);
        if (log == null) {
            return true;
        }
        if (log.eventTime(log.start) >= time) {
            return false;
        }
        freeBefore(log, time);
        return settle(key, log);
    }

    private void freeBefore(EventLog log, long time) {
        // Mostly one event or two.
        int to = log.start;
        int near = Math.min(log.end, to + 8);
        while (to < near && log.eventTime(to) < time) {
            to++;
        }
        if (to == near) {
            to = log.lowerBound(time, to, log.end);
        }
        freeUpTo(log, to);
    }

    private void freeUpTo(EventLog log, int to) {
        if (to > log.start) {
            events -= to - log.start;
            log.free(to);
        }
    }

    /** Frees a key's log; what was in it is overwritten. */
    public void clear(int key, EventLog view) {
        EventLog log = open(key, view);
        if (log != null) {
            events -= log.size();
            if (log.chain != null) {
                log.chain.erase();
            } else {
                Arrays.fill(log.data, log.base, log.at(log.capacity), 0);
            }
            log.start = log.end;
            settle(key, log);
        }
    }

    /** Makes a log with an array of its own the key's; the key has none. */
    public void adopt(int key, EventLog log, EventLog view) {
        reach(key);
        if (log.size() == 0) {
            return;
        }
        events += log.size();
        keys[2 * key + 1] = log.eventTime(log.end - 1);
        int fit = classOf(log.size());
        if (fit >= classes) {
            if (pages.spills()) {
                chain(log, log.masked);
            }
            log.becomeLarge();
            keys[2 * key] = ~(long) number(log);
        } else {
            view.show(log);
            allocate(view, fit, log.masked);
            store(key, view);
        }
    }

    private void reach(int key) {
        if (2 * key >= keys.length) {
            keys = Arrays.copyOf(keys, 2 * Math.max(key + 1, keys.length));
        }
    }

    private static int classOf(int events) {
        int c = 0;
        while (c < CAPACITIES.length && CAPACITIES[c] < events) {
            c++;
        }
        return c;
    }

    // Returns whether nothing is left.
    private boolean settle(int key, EventLog log) {
        int n = log.size();
        if (n == 0) {
            release(key, log);
            keys[2 * key] = 0;
            return true;
        }
        if (log.isLarge()) {
            if (n <= CAPACITIES[classes - 1] / 3) {
                int had = (int) ~keys[2 * key];
                EventLog view = new EventLog(layout);
                view.show(log);
                allocate(view, classOf(n), log.masked);
                store(key, view);
                forget(had);
            } else if (!log.isPaged() && log.capacity > 4 * n) {
                resize(log, 2 * n, log.masked);
            }
        } else {
            store(key, log);
        }
        return false;
    }

    private EventLog makeRoom(int key, EventLog log, boolean nulls) {
        boolean masks = log.masked || nulls;
        int n = log.size();
        if (log.chain != null) {
            if (masks == log.masked) {
                log.grow(log.chain);
            } else {
                Chain narrow = log.chain;
                Chain wide = chain(log, masks);
                narrow.release();
                if (log.end == log.capacity) {
                    log.grow(wide);
                }
            }
            return log;
        }
        if (log.isLarge()) {
            boolean fits = n <= log.capacity - (log.capacity >> 2);
            if (fits && masks == log.masked) {
                log.move(log.data, 0, log.capacity, masks);
            } else {
                resize(log, fits ? log.capacity : log.capacity + (log.capacity >> 1), masks);
            }
            return log;
        }
        if (masks == log.masked && n < log.capacity && n <= log.capacity - (log.capacity >> 2)) {
            log.move(log.data, log.base, log.capacity, masks);
            return log;
        }
        int wanted = classOf(n + 1);
        int oldClass = log.blockClass;
        boolean oldMasked = log.masked;
        int oldUnit = unit(keys[2 * key]);
        if (wanted >= classes) {
            EventLog own = new EventLog(layout);
            own.show(log);
            if (pages.spills()) {
                Chain chain = chain(own, masks);
                if (own.end == own.capacity) {
                    own.grow(chain);
                }
            } else {
                int capacity = Math.max(8, 2 * n);
                own.move(new long[Math.multiplyExact(capacity, layout.words(masks))], 0, capacity, masks);
            }
            own.becomeLarge();
            keys[2 * key] = ~(long) number(own);
            freeBlock(oldClass, oldMasked, oldUnit);
            return own;
        }
        allocate(log, wanted, masks);
        freeBlock(oldClass, oldMasked, oldUnit);
        return log;
    }

    private void release(int key, EventLog log) {
        long place = keys[2 * key];
        if (place < 0) {
            forget((int) ~place);
        } else {
            freeBlock(log.blockClass, log.masked, unit(place));
        }
    }

    private void resize(EventLog log, int capacity, boolean masks) {
        log.move(new long[Math.multiplyExact(capacity, layout.words(masks))], 0, capacity, masks);
    }

    /** Moves a log's events into pages of its own. */
    private Chain chain(EventLog log, boolean masks) {
        Chain chain = new Chain(pages, layout.words(masks));
        boolean done = false;
        try {
            log.move(chain, masks);
            opened(log);
            done = true;
            return chain;
        } finally {
            if (!done) {
                chain.release();
            }
        }
    }

    private void freeBlock(int blockClass, boolean masked, int unit) {
        int list = masked ? classes + blockClass : blockClass;
        pages.change(unit >>> unitsShift)[(unit & units - 1) << UNIT_SHIFT] = free[list];
        free[list] = unit + 1;
    }

    /** Moves what a log shows into a block of a class. */
    private void allocate(EventLog log, int blockClass, boolean masks) {
        int list = masks ? classes + blockClass : blockClass;
        int unit;
        if (free[list] != 0) {
            unit = free[list] - 1;
            free[list] = (int) pages.get(unit >>> unitsShift)[(unit & units - 1) << UNIT_SHIFT];
        } else {
            int words = CAPACITIES[blockClass] * layout.words(masks);
            int taken = words + (1 << UNIT_SHIFT) - 1 >>> UNIT_SHIFT;
            if (nextUnit + taken > units) {
                page = pages.add();
                nextUnit = 0;
            }
            unit = page << unitsShift | nextUnit;
            nextUnit += taken;
        }
        log.unit = unit >>> unitsShift;
        log.move(pages.change(log.unit), (unit & units - 1) << UNIT_SHIFT, CAPACITIES[blockClass], masks);
        log.blockClass = blockClass;
    }

    private int number(EventLog log) {
        int number = freeLargeCount > 0 ? freeLarge[--freeLargeCount] : largeCount++;
        if (number == large.length) {
            large = Arrays.copyOf(large, 2 * number);
        }
        large[number] = log;
        log.unit = number;
        return number;
    }

    private void forget(int number) {
        if (large[number].chain != null) {
            large[number].chain.release();
        }
        large[number] = new EventLog(layout);
        if (freeLargeCount == freeLarge.length) {
            freeLarge = Arrays.copyOf(freeLarge, 2 * freeLargeCount);
        }
        freeLarge[freeLargeCount++] = number;
    }
}
