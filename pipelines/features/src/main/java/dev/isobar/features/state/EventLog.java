package dev.isobar.features.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The events of one key in one stream, sorted by (event time, available time, id), column by column in one array of words: a column begins at
 * {@link #column} and an event's word is at the column's begin plus the event's position, {@link #start()} to {@link #end()}. The array may hold other
 * keys' events as well. Not thread safe; safe to read from many threads while nobody changes it.
 *
 * @since 0.1
 */
public final class EventLog {
    /** Follows what happens to the positions of a log, to keep sums over ranges of it. */
    public interface Tracker {
        /** An event was put in at a position; what was there and behind it has moved up by one. */
        void inserted(int position);

        /** Every event before a position was freed. */
        void freed(int start);

        /** Every position has become smaller by so much, or the arrays are others. */
        void moved(int by);

        /** An event was taken out: positions are not what they were. */
        void disturbed();
    }

    final EventLayout layout;
    long[] data = new long[0];
    int base;
    int capacity;
    int start;
    int end;
    boolean masked;
    /** Of blocks in a pool, the size class; −1 for a log with an array of its own. */
    int blockClass = -1;
    /** Of blocks in a pool, the page; of a large log, its number. */
    int unit = -1;
    /** Of a large log whose words are not in memory, how many they are; else 0. */
    int spilled;

    private long latest = Long.MIN_VALUE;
    private long maxDelay = Long.MIN_VALUE;
    private long newest = Long.MIN_VALUE;
    private boolean followable;
    private @Nullable Tracker[] trackers = new @Nullable Tracker[0];

    /** A log that holds nothing. */
    public EventLog(EventLayout layout) {
        this.layout = layout;
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

    /** The array that holds the columns, and maybe more. */
    public long[] data() {
        return data;
    }

    private int column(int number) {
        return base + number * capacity;
    }

    /** Where the event times begin. */
    public int eventTimes() {
        return base;
    }

    /** Where the available times begin. */
    public int availableTimes() {
        return base + capacity;
    }

    /** Where an argument's words begin. */
    public int words(int slot) {
        return column(layout.firstSlot() + slot);
    }

    /** Whether any event has a null argument. */
    public boolean hasNulls() {
        return masked;
    }

    /** Whether an argument of an event is null. */
    public boolean isNull(int position, int slot) {
        return masked && (data[column(layout.masks() + (slot >> 6)) + position] >>> (slot & 63) & 1) != 0;
    }

    /** An event's event time. */
    public long eventTime(int position) {
        return data[base + position];
    }

    /** An event's available time. */
    public long availableTime(int position) {
        return data[base + capacity + position];
    }

    /** The first word of an event's id. */
    public long idHigh(int position) {
        return data[column(EventLayout.ID) + position];
    }

    /** The second word of an event's id; 0 where ids are numbers. */
    public long idLow(int position) {
        return layout.numericIds() ? 0 : data[column(EventLayout.ID + 1) + position];
    }

    /** An event's content hash. */
    public long content(int position) {
        if (layout.contentStored()) {
            return data[column(layout.content()) + position];
        }
        long h = 0;
        for (int slot : layout.contentSlots()) {
            h = isNull(position, slot) ? ContentHash.none(h) : ContentHash.word(h, data[words(slot) + position]);
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
        return number < trackers.length ? trackers[number] : null;
    }

    /** Lets a tracker follow this log. */
    public void follow(int number, Tracker tracker) {
        if (number >= trackers.length) {
            trackers = Arrays.copyOf(trackers, number + 1);
        }
        trackers[number] = tracker;
    }

    /** The first position in {@code [from, to)} whose event time is not before a time, or {@code to}. */
    public int lowerBound(long time, int from, int to) {
        int lo = from;
        int hi = to;
        while (lo < hi) {
            int mid = (lo + hi) >>> 1;
            if (data[base + mid] < time) {
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
                        && data[base + at] == eventTime
                        && availableTime(at) == available
                        && idHigh(at) == idHigh
                        && idLow(at) == idLow
                ? at
                : -1;
    }

    /** The position of an event of an id at an event time, whenever it became available; −1 if there is none. */
    public int findAt(long eventTime, long idHigh, long idLow) {
        for (int i = lowerBound(eventTime, start, end); i < end && data[base + i] == eventTime; i++) {
            if (idHigh(i) == idHigh && idLow(i) == idLow) {
                return i;
            }
        }
        return -1;
    }

    /** The last position in {@code [from, to)} of an id, or {@code from − 1}. */
    public int lastOf(long idHigh, long idLow, int from, int to) {
        int high = column(EventLayout.ID);
        for (int i = to - 1; i >= from; i--) {
            if (data[high + i] == idHigh && idLow(i) == idLow) {
                return i;
            }
        }
        return from - 1;
    }

    /** Reads an event's arguments, to put it elsewhere. */
    public void read(int at, long[] masks, long[] words) {
        for (int i = 0; i < masks.length; i++) {
            masks[i] = masked ? data[column(layout.masks() + i) + at] : 0;
        }
        for (int i = 0; i < words.length; i++) {
            words[i] = data[words(i) + at];
        }
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
        int c = Long.compare(data[base + at], eventTime);
        if (c == 0) {
            c = Long.compare(availableTime(at), available);
        }
        return c != 0 ? c : layout.compareIds(idHigh(at), idLow(at), idHigh, idLow);
    }

    /** Puts an event in its place; there must be room, and masks if it has nulls. */
    void put(long eventTime, long available, long idHigh, long idLow, long content, long[] masks, long[] words) {
        int at = end;
        int columns = layout.columns(masked);
        if (at > start
                && eventTime <= data[base + at - 1]
                && compare(at - 1, eventTime, available, idHigh, idLow) > 0) {
            at = place(eventTime, available, idHigh, idLow);
            for (int c = 0, from = base + at; c < columns; c++, from += capacity) {
                System.arraycopy(data, from, data, from + 1, end - at);
            }
        }
        end++;
        int into = base + at;
        data[into] = eventTime;
        into += capacity;
        data[into] = available;
        into += capacity;
        data[into] = idHigh;
        into += capacity;
        if (!layout.numericIds()) {
            data[into] = idLow;
            into += capacity;
        }
        if (layout.contentStored()) {
            data[into] = content;
            into += capacity;
        }
        for (int i = 0; i < words.length; i++, into += capacity) {
            data[into] = (masks[i >> 6] >>> (i & 63) & 1) != 0 ? 0 : words[i];
        }
        if (masked) {
            for (int i = 0; i < masks.length; i++, into += capacity) {
                data[into] = masks[i];
            }
        }
        if (isLarge()) {
            watch(eventTime, available);
            for (Tracker t : trackers) {
                if (t != null) {
                    t.inserted(at);
                }
            }
        }
    }

    /** At least the event time of every event. Large logs only. */
    long newest() {
        return newest;
    }

    private void watch(long eventTime, long available) {
        newest = Math.max(newest, eventTime);
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
        end--;
        for (int c = layout.columns(masked) - 1, from = base + at + c * capacity; c >= 0; c--, from -= capacity) {
            System.arraycopy(data, from + 1, data, from, end - at);
            data[from + end - at] = 0;
        }
        for (Tracker t : trackers) {
            if (t != null) {
                t.disturbed();
            }
        }
    }

    /** Frees every event before a position. */
    void free(int to) {
        start = to;
        for (Tracker t : trackers) {
            if (t != null) {
                t.freed(to);
            }
        }
    }

    /** Shows what another log shows. */
    void show(EventLog other) {
        data = other.data;
        base = other.base;
        capacity = other.capacity;
        start = other.start;
        end = other.end;
        masked = other.masked;
    }

    /** Moves the events to the front of other room, of as many events and with or without masks. */
    void move(long[] into, int newBase, int newCapacity, boolean newMasked) {
        int n = size();
        int columns = layout.columns(masked);
        int after = layout.columns(newMasked);
        for (int c = 0; c < columns; c++) {
            System.arraycopy(data, column(c) + start, into, newBase + c * newCapacity, n);
        }
        for (int c = columns; c < after; c++) {
            Arrays.fill(into, newBase + c * newCapacity, newBase + c * newCapacity + n, 0);
        }
        int by = start;
        data = into;
        base = newBase;
        capacity = newCapacity;
        masked = newMasked;
        start = 0;
        end = n;
        for (Tracker t : trackers) {
            if (t != null) {
                t.moved(by);
            }
        }
    }

    /** Starts to be a large log of a pool. */
    void becomeLarge() {
        blockClass = -1;
        followable = true;
        watchAll();
    }

    /** Makes room of its own for a history of so many events, which the caller writes; what follows has to begin anew. */
    void begin(int events, boolean withMasks) {
        int columns = layout.columns(withMasks);
        if ((long) events * columns > data.length) {
            data = new long[Math.multiplyExact(events + (events >> 1), columns)];
        }
        base = 0;
        capacity = data.length / columns;
        masked = withMasks;
        start = 0;
        end = events;
        latest = Long.MIN_VALUE;
        maxDelay = Long.MIN_VALUE;
        for (Tracker t : trackers) {
            if (t != null) {
                t.disturbed();
            }
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
            move(new long[Math.multiplyExact(events, layout.columns(masks))], 0, events, masks);
        }
    }

    /** Whether an event is behind the last one. */
    public boolean isNext(long eventTime, long available, long idHigh, long idLow) {
        return start == end || compare(end - 1, eventTime, available, idHigh, idLow) < 0;
    }

    @Override
    public String toString() {
        return "EventLog" + Arrays.toString(Arrays.copyOfRange(data, base + start, base + end));
    }
}
