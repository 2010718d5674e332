package dev.isobar.local.log;

import java.util.Arrays;

/**
 * A set of sequence numbers as sorted, disjoint, half-open ranges. Adding at the end, the normal case, is constant time. Not thread safe.
 */
final class SequenceRanges {
    private long[] from = new long[4];
    private long[] to = new long[4];
    private int count;

    boolean contains(long sequence) {
        int i = at(sequence);
        return i >= 0 && sequence < to[i];
    }

    void add(long first, long end) {
        if (first >= end) {
            return;
        }
        // The first range that touches [first, end), and the first that lies wholly behind it.
        int low = at(first);
        if (low < 0 || to[low] < first) {
            low++;
        }
        int high = low;
        while (high < count && from[high] <= end) {
            high++;
        }
        if (low == high) {
            insert(low, first, end);
            return;
        }
        from[low] = Math.min(from[low], first);
        to[low] = Math.max(to[high - 1], end);
        System.arraycopy(from, high, from, low + 1, count - high);
        System.arraycopy(to, high, to, low + 1, count - high);
        count -= high - low - 1;
    }

    int ranges() {
        return count;
    }

    private void insert(int i, long first, long end) {
        if (count == from.length) {
            from = Arrays.copyOf(from, count * 2);
            to = Arrays.copyOf(to, count * 2);
        }
        System.arraycopy(from, i, from, i + 1, count - i);
        System.arraycopy(to, i, to, i + 1, count - i);
        from[i] = first;
        to[i] = end;
        count++;
    }

    /** The last range that begins at or before a number, or −1. */
    private int at(long sequence) {
        int i = Arrays.binarySearch(from, 0, count, sequence);
        return i >= 0 ? i : -i - 2;
    }
}
