package dev.isobar.features.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The events of one key in one stream, sorted by (event time, available time, id): records of {@link #stride()} words side by side in one array, the event at a
 * position from {@link #start()} to {@link #end()} at {@link #at}. An event that comes or goes touches one place in memory, and so does a look at its time and
 * its arguments. The array may hold other keys' events as well. A large log whose events may be on disk is a chain of pages instead, of which one is shown at a
 * time: {@link #data} and {@link #at} are those of its page, up to {@link #runEnd}. Not thread safe; safe to read from many threads while nobody changes it, if it
 * is one array.
 *
 * @since 0.1
 */
public final class EventLog {
    /** Follows what happens to the positions of a log, to keep sums over ranges of it. */
    public abstract static class Tracker {
        private final int number;
        private @Nullable Tracker next;

        /** One of several that may follow a log. */
        protected Tracker(int number) {
            this.number = number;
        }

        /** An event was put in at a position; what was there and behind it has moved up by one. */
        protected abstract void inserted(int position);

        /** Every event before a position was freed. */
        protected abstract void freed(int start);

        /** Every position has become smaller by so much, or the arrays are others. */
        protected abstract void moved(int by);

        /** An event was taken out: positions are not what they were. */
        protected abstract void disturbed();

        /** Looks at what the next question will look at, so that it is in the processor's cache; returns anything that depends on it all. */
        protected abstract long touch();
    }

    private static final long[] NOTHING = new long[0];

    final EventLayout layout;
    long[] data = NOTHING;
    int base;
    int capacity;
    int start;
    int end;
    int stride;
    boolean masked;
    /** Of blocks in a pool, the size class; −1 for a log with an array of its own. */
    int blockClass = -1;
    /** Of blocks in a pool, the page; of a large log, its number. */
    int unit = -1;
    /** Of a large log whose events may be on disk, where they are. */
    @Nullable
    Chain chain;
    // The positions of the page that is shown.
    private int shownFrom;
    private int shownTo;

    private long latest = Long.MIN_VALUE;
    private long maxDelay = Long.MIN_VALUE;
    private boolean followable;
    private @Nullable Tracker trackers;

    /** A log that holds nothing. */
    public EventLog(EventLayout layout) {
        this.layout = layout;
        this.stride = layout.words(false);
    }

    /** How its events are laid out. */
    public EventLayout layout() {
        return layout;
    }

    /** Whether it has an array of its own; then it knows the latest available time and the largest delay of its events. */
    public boolean isLarge() {
        return blockClass < 0;
    }

    /** Whether trackers are told what happens to it: it is the one log of a key in a pool, and large. */
    public boolean canBeFollowed() {
        return followable;
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

    /** Whether it is a chain of pages and not one array. */
    public boolean isPaged() {
        return chain != null;
    }

    /** The array that holds the record of a position, and maybe more. */
    public long[] data(int position) {
        turnTo(position);
        return data;
    }

    /** The first position from which on records are in the same array, up to this one. */
    public int runStart(int position) {
        return chain == null ? start : Math.max(start, chain.begin(position));
    }

    /** One past the last position up to which records are in the same array as that of this one. */
    public int runEnd(int position) {
        return chain == null ? end : Math.min(end, chain.begin(position) + chain.perPage);
    }

    /** How many words a record has. Its first is the event time. */
    public int stride() {
        return stride;
    }

    /** Where the record of a position begins in its {@link #data}. */
    public int at(int position) {
        turnTo(position);
        return base + position * stride;
    }

    private void turnTo(int position) {
        if (chain != null && (position < shownFrom || position >= shownTo)) {
            show(chain, position);
        }
    }

    private void show(Chain from, int position) {
        data = from.get(position);
        shownFrom = from.begin(position);
        shownTo = shownFrom + from.perPage;
        base = -shownFrom * stride;
    }

    /** Holds on to no page. */
    void close() {
        if (chain != null) {
            data = NOTHING;
            shownTo = shownFrom;
        }
    }

    /** Where in a record an argument's word is. */
    public int word(int slot) {
        return layout.firstSlot() + slot;
    }

    /** An event's argument. */
    public long argument(int position, int slot) {
        return field(position, layout.firstSlot() + slot);
    }

    // Of the array of this position: it may only be asked for once the page is shown.
    private long field(int position, int word) {
        int at = at(position) + word;
        return data[at];
    }

    /** Whether any event has a null argument. */
    public boolean hasNulls() {
        return masked;
    }

    /** Whether an argument of an event is null. */
    public boolean isNull(int position, int slot) {
        return masked && (field(position, layout.masks() + (slot >> 6)) >>> (slot & 63) & 1) != 0;
    }

    /** An event's event time. */
    public long eventTime(int position) {
        return field(position, EventLayout.EVENT_TIME);
    }

    /** An event's available time. */
    public long availableTime(int position) {
        return field(position, EventLayout.AVAILABLE);
    }

    /** The first word of an event's id. */
    public long idHigh(int position) {
        return field(position, EventLayout.ID);
    }

    /** The second word of an event's id; 0 where ids are numbers. */
    public long idLow(int position) {
        return layout.numericIds() ? 0 : field(position, EventLayout.ID + 1);
    }

    /** An event's content hash. */
    public long content(int position) {
        if (layout.contentStored()) {
            return field(position, layout.content());
        }
        long h = 0;
        for (int slot : layout.contentSlots()) {
            h = isNull(position, slot) ? ContentHash.none(h) : ContentHash.word(h, argument(position, slot));
        }
        return h;
    }

    /** At least the latest available time of all events. Large logs only. */
    public long latestAvailable() {
        return latest;
    }

    /** At least the largest {@code available − event time} of all events, saturated. Large logs only. */
    public long maxDelay() {
        return maxDelay;
    }

    /** What follows this log under a number; null for nobody. */
    public @Nullable Tracker tracker(int number) {
        Tracker t = trackers;
        while (t != null && t.number != number) {
            t = t.next;
        }
        return t;
    }

    /** Lets a tracker follow this log, whose number is that of no other one. */
    public void follow(Tracker tracker) {
        tracker.next = trackers;
        trackers = tracker;
    }

    /** The first position in {@code [from, to)} whose event time is not before a time, or {@code to}. */
    public int lowerBound(long time, int from, int to) {
        int lo = from;
        int hi = to;
        if (chain != null && from < to) {
            lo = Math.max(lo, chain.lastBefore(time, from, to));
            hi = Math.min(hi, chain.begin(lo) + chain.perPage);
        }
        while (lo < hi) {
            int mid = (lo + hi) >>> 1;
            if (eventTime(mid) < time) {
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
                        && eventTime(at) == eventTime
                        && availableTime(at) == available
                        && idHigh(at) == idHigh
                        && idLow(at) == idLow
                ? at
                : -1;
    }

    /** The position of an event of an id at an event time, whenever it became available; −1 if there is none. */
    public int findAt(long eventTime, long idHigh, long idLow) {
        for (int i = lowerBound(eventTime, start, end); i < end && eventTime(i) == eventTime; i++) {
            if (idHigh(i) == idHigh && idLow(i) == idLow) {
                return i;
            }
        }
        return -1;
    }

    /** The last position in {@code [from, to)} of an id, or {@code from − 1}. */
    public int lastOf(long idHigh, long idLow, int from, int to) {
        for (int i = to - 1; i >= from; i--) {
            if (idHigh(i) == idHigh && idLow(i) == idLow) {
                return i;
            }
        }
        return from - 1;
    }

    /** Reads an event's arguments, to put it elsewhere. */
    public void read(int at, long[] masks, long[] words) {
        for (int i = 0; i < masks.length; i++) {
            masks[i] = masked ? field(at, layout.masks() + i) : 0;
        }
        System.arraycopy(data(at), at(at) + layout.firstSlot(), words, 0, words.length);
    }

    private int place(long eventTime, long available, long idHigh, long idLow) {
        int lo = start;
        int hi = end;
        if (chain != null) {
            lo = lowerBound(eventTime, lo, hi);
            hi = eventTime == Long.MAX_VALUE ? hi : lowerBound(eventTime + 1, lo, hi);
        }
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
        int c = Long.compare(eventTime(at), eventTime);
        if (c == 0) {
            c = Long.compare(availableTime(at), available);
        }
        return c != 0 ? c : layout.compareIds(idHigh(at), idLow(at), idHigh, idLow);
    }

    /** Puts an event in its place; there must be room, and masks if it has nulls. */
    void put(long eventTime, long available, long idHigh, long idLow, long content, long[] masks, long[] words) {
        int at = end;
        if (at > start && eventTime <= eventTime(at - 1) && compare(at - 1, eventTime, available, idHigh, idLow) > 0) {
            at = place(eventTime, available, idHigh, idLow);
            makeGap(at);
        }
        int into = at(at);
        if (chain != null) {
            chain.change(at);
            chain.wrote(at, eventTime);
        }
        end++;
        data[into] = eventTime;
        data[into + EventLayout.AVAILABLE] = available;
        data[into + EventLayout.ID] = idHigh;
        if (!layout.numericIds()) {
            data[into + EventLayout.ID + 1] = idLow;
        }
        if (layout.contentStored()) {
            data[into + layout.content()] = content;
        }
        into += layout.firstSlot();
        for (int i = 0; i < words.length; i++) {
            data[into + i] = (masks[i >> 6] >>> (i & 63) & 1) != 0 ? 0 : words[i];
        }
        if (masked) {
            System.arraycopy(masks, 0, data, into + words.length, masks.length);
        }
        if (isLarge()) {
            watch(eventTime, available);
            for (Tracker t = trackers; t != null; t = t.next) {
                t.inserted(at);
            }
        }
    }

    private void makeGap(int position) {
        if (chain != null) {
            chain.makeGap(position, end);
        } else {
            int from = at(position);
            System.arraycopy(data, from, data, from + stride, at(end) - from);
        }
    }

    private void watch(long eventTime, long available) {
        if (available > latest) {
            latest = available;
        }
        long delay = Times.minus(available, eventTime);
        if (delay > maxDelay) {
            maxDelay = delay;
        }
    }

    /** Takes an event out. */
    void take(int at) {
        if (chain != null) {
            chain.closeGap(at, end);
            end--;
        } else {
            end--;
            System.arraycopy(data, at(at + 1), data, at(at), (end - at) * stride);
            Arrays.fill(data, at(end), at(end + 1), 0);
        }
        for (Tracker t = trackers; t != null; t = t.next) {
            t.disturbed();
        }
    }

    /** Frees every event before a position. */
    void free(int to) {
        start = to;
        for (Tracker t = trackers; t != null; t = t.next) {
            t.freed(to);
        }
        if (chain != null) {
            int by = chain.dropBefore(to);
            if (by > 0) {
                start -= by;
                end -= by;
                capacity = chain.capacity();
                moved(by);
            }
        }
    }

    /** Up to which position every event happened before a time, as far as that is known without a look at a page. */
    int knownBefore(long time) {
        return chain == null || start == end ? start : Math.max(start, chain.lastBefore(time, start, end));
    }

    /** Shows what another log shows. */
    void show(EventLog other) {
        data = other.data;
        base = other.base;
        capacity = other.capacity;
        start = other.start;
        end = other.end;
        stride = other.stride;
        masked = other.masked;
        chain = other.chain;
        close();
    }

    /** Moves the events to the front of other room, of as many events and with or without masks. */
    void move(long[] into, int newBase, int newCapacity, boolean newMasked) {
        int n = size();
        int wider = layout.words(newMasked);
        for (int from = start, to = newBase; from < end; ) {
            int run = runEnd(from) - from;
            copy(from, run, into, to, wider);
            from += run;
            to += run * wider;
        }
        chain = null;
        data = into;
        base = newBase;
        capacity = newCapacity;
        renumber(n, wider, newMasked);
    }

    /** Moves the events into an empty chain. */
    void move(Chain into, boolean newMasked) {
        int n = size();
        int wider = layout.words(newMasked);
        for (int from = start, to = 0; from < end; ) {
            if (to == into.capacity()) {
                into.grow();
            }
            int run = Math.min(runEnd(from) - from, into.begin(to) + into.perPage - to);
            copy(from, run, into.change(to), to % into.perPage * wider, wider);
            into.wrote(to, eventTime(from));
            from += run;
            to += run;
        }
        chain = into;
        close();
        capacity = into.capacity();
        renumber(n, wider, newMasked);
    }

    private void renumber(int n, int words, boolean withMasks) {
        int by = start;
        stride = words;
        masked = withMasks;
        start = 0;
        end = n;
        moved(by);
    }

    private void moved(int by) {
        close();
        for (Tracker t = trackers; t != null; t = t.next) {
            t.moved(by);
        }
    }

    /** Copies records that are side by side. */
    private void copy(int position, int n, long[] into, int to, int words) {
        int from = at(position);
        if (words == stride) {
            System.arraycopy(data, from, into, to, n * stride);
            return;
        }
        // Behind every record there is room for masks now, which say that nothing is null.
        for (int i = 0; i < n; i++) {
            System.arraycopy(data, from + i * stride, into, to + i * words, stride);
            Arrays.fill(into, to + i * words + stride, to + (i + 1) * words, 0);
        }
    }

    /** Makes room for another page of events. */
    void grow(Chain pages) {
        pages.grow();
        capacity = pages.capacity();
    }

    /** Looks at where the next event will be put and at what its trackers will look at; returns anything that depends on it all. */
    long touch() {
        long seen = data[Math.min(data.length - 1, at(end))];
        for (Tracker t = trackers; t != null; t = t.next) {
            seen += t.touch();
        }
        return seen;
    }

    /** Starts to be a large log of a pool. */
    void becomeLarge() {
        blockClass = -1;
        followable = true;
        watchAll();
    }

    /** Makes room of its own for a history of so many events, which the caller writes; what follows has to begin anew. */
    void begin(int events, boolean withMasks) {
        stride = layout.words(withMasks);
        if ((long) events * stride > data.length) {
            data = new long[Math.multiplyExact(events + (events >> 1), stride)];
        }
        base = 0;
        capacity = data.length / stride;
        masked = withMasks;
        start = 0;
        end = events;
        latest = Long.MIN_VALUE;
        maxDelay = Long.MIN_VALUE;
        for (Tracker t = trackers; t != null; t = t.next) {
            t.disturbed();
        }
    }

    /** Summarizes what was written. */
    void watchAll() {
        for (int i = start; i < end; i++) {
            watch(eventTime(i), availableTime(i));
        }
    }

    /** Says when the last of what was written became available where nobody asks for the time before. */
    void known(long latestAvailable) {
        latest = latestAvailable;
    }

    /** Room of its own for at least so many events. */
    void reserve(int events, boolean withMasks) {
        if (events > capacity || (withMasks && !masked)) {
            boolean masks = masked || withMasks;
            move(new long[Math.multiplyExact(events, layout.words(masks))], 0, events, masks);
        }
    }

    /** Whether an event is behind the last one. */
    public boolean isNext(long eventTime, long available, long idHigh, long idLow) {
        return start == end || compare(end - 1, eventTime, available, idHigh, idLow) < 0;
    }

    @Override
    public String toString() {
        return "EventLog[" + size() + " events from position " + start + "]";
    }
}
