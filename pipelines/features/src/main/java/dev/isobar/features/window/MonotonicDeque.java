package dev.isobar.features.window;

import java.util.Arrays;

/**
 * The positions of a log that can still be the maximum of a range that ends at the deque's end: keys descend from front to back. One deque serves every
 * window that ends there: a window's maximum is the first entry at or behind its left edge. An event that comes late takes its place and
 * drops what it dominates, without a rescan. A key that stands at several positions is kept at the last. Not thread safe.
 *
 * <p>The classic structure for sliding maxima; the insertion behind the end is ours.
 */
final class MonotonicDeque {
    // Position and key of each entry, side by side; those in [front, back), moved to the array's begin when they reach
    // its end.
    private long[] entries = new long[16];
    private int front;
    private int back;

    void clear() {
        front = 0;
        back = 0;
    }

    int size() {
        return (back - front) >> 1;
    }

    /**
     * The place of the first entry at or behind a position; −1 if there is none.
     *
     * @param known the place that this was a little earlier, which it mostly is still; any other number if nothing is known
     */
    int firstFrom(int position, int known) {
        if (known >= front
                && known < back
                && entries[known] >= position
                && (known == front || entries[known - 2] < position)) {
            return known;
        }
        int at = search(position);
        return at < back ? at : -1;
    }

    /** Looks at both ends; returns anything that depends on it. */
    long touch() {
        return entries[Math.min(front, entries.length - 1)] + entries[Math.max(0, back - 1)];
    }

    int position(int place) {
        return (int) entries[place];
    }

    long key(int place) {
        return entries[place + 1];
    }

    private int search(int position) {
        int lo = front;
        int hi = back;
        while (lo < hi) {
            int mid = (lo + hi >>> 2) << 1;
            if (entries[mid] < position) {
                lo = mid + 2;
            } else {
                hi = mid;
            }
        }
        return lo;
    }

    /** Adds a position behind all others. */
    void push(int position, long key) {
        int to = back;
        while (to > front && entries[to - 1] <= key) {
            to -= 2;
        }
        back = to;
        if (to == entries.length) {
            makeRoom();
        }
        entries[back] = position;
        entries[back + 1] = key;
        back += 2;
    }

    private void makeRoom() {
        int n = back - front;
        long[] into = n > entries.length / 2 ? new long[2 * entries.length] : entries;
        System.arraycopy(entries, front, into, 0, n);
        entries = into;
        front = 0;
        back = n;
    }

    /** Puts in a position that is not the last; positions from it on were moved up by one in the log. */
    void insert(int position, long key) {
        makeGap(position);
        int at = search(position);
        if (at < back && entries[at + 1] >= key) {
            return;
        }
        int from = at;
        while (from > front && entries[from - 1] <= key) {
            from -= 2;
        }
        if (from == at && back == entries.length) {
            int offset = at - front;
            makeRoom();
            from = front + offset;
            at = from;
        }
        System.arraycopy(entries, at, entries, from + 2, back - at);
        back += from + 2 - at;
        entries[from] = position;
        entries[from + 1] = key;
    }

    /** Moves up the positions from one on: an event was put in there. */
    void makeGap(int position) {
        for (int i = search(position); i < back; i += 2) {
            entries[i]++;
        }
    }

    /** Forgets positions before one. */
    void dropBefore(int position) {
        front = search(position);
    }

    /** Makes every position smaller. */
    void move(int by) {
        for (int i = front; i < back; i += 2) {
            entries[i] -= by;
        }
    }

    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOfRange(entries, front, back));
    }
}
