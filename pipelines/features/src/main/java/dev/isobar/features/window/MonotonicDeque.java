package dev.isobar.features.window;

import java.util.Arrays;

/**
 * The positions of a log that can still be the maximum of a range that ends at the deque's end: keys descend from front to back. One deque serves every
 * window that ends there: a window's maximum is the first entry at or behind its left edge. An event that comes late takes its place and
 * drops what it dominates, without a rescan. A key that stands at several positions is kept at the last. Not thread safe.
 *
 * <p>After Tangwongsan, Hirzel and Schneider, "In-order sliding-window aggregation in worst-case constant time" (2021), where it is the classic baseline; the
 * late insertion is ours.
 */
final class MonotonicDeque {
    private int[] positions = new int[16];
    private long[] keys = new long[16];
    // Entries [front, back) of the arrays, moved to their begin when they reach the end.
    private int front;
    private int back;

    void clear() {
        front = 0;
        back = 0;
    }

    int front() {
        return front;
    }

    int back() {
        return back;
    }

    int position(int entry) {
        return positions[entry];
    }

    long key(int entry) {
        return keys[entry];
    }

    /** Adds a position behind all others. */
    void push(int position, long key) {
        int to = back;
        while (to > front && keys[to - 1] <= key) {
            to--;
        }
        if (to == positions.length) {
            to -= makeRoom(to);
        }
        positions[to] = position;
        keys[to] = key;
        back = to + 1;
    }

    // Returns by how much entries moved.
    private int makeRoom(int to) {
        int by = front;
        if (by < positions.length / 2) {
            positions = Arrays.copyOf(positions, 2 * positions.length);
            keys = Arrays.copyOf(keys, 2 * keys.length);
        }
        System.arraycopy(positions, by, positions, 0, to - by);
        System.arraycopy(keys, by, keys, 0, to - by);
        front = 0;
        back = to - by;
        return by;
    }

    /** Puts in a position that is not the last; positions from it on were moved up by one in the log. */
    void insert(int position, long key) {
        int at = firstAtOrAfter(position);
        for (int i = at; i < back; i++) {
            positions[i]++;
        }
        if (at < back && keys[at] >= key) {
            return;
        }
        int from = at;
        while (from > front && keys[from - 1] <= key) {
            from--;
        }
        if (from == at) {
            if (back == positions.length) {
                int by = makeRoom(back);
                from -= by;
            }
            System.arraycopy(positions, from, positions, from + 1, back - from);
            System.arraycopy(keys, from, keys, from + 1, back - from);
            back++;
        } else {
            System.arraycopy(positions, at, positions, from + 1, back - at);
            System.arraycopy(keys, at, keys, from + 1, back - at);
            back -= at - from - 1;
        }
        positions[from] = position;
        keys[from] = key;
    }

    /** Moves up the positions from one on: an event that has no key was put in there. */
    void makeGap(int position) {
        for (int i = firstAtOrAfter(position); i < back; i++) {
            positions[i]++;
        }
    }

    /** Forgets positions before one. */
    void dropBefore(int position) {
        while (front < back && positions[front] < position) {
            front++;
        }
    }

    /** Makes every position smaller. */
    void move(int by) {
        for (int i = front; i < back; i++) {
            positions[i] -= by;
        }
    }

    /** The first entry at or behind a position, or {@link #back}. */
    int firstAtOrAfter(int position) {
        int lo = front;
        int hi = back;
        while (lo < hi) {
            int mid = (lo + hi) >>> 1;
            if (positions[mid] < position) {
                lo = mid + 1;
            } else {
                hi = mid;
            }
        }
        return lo;
    }
}
