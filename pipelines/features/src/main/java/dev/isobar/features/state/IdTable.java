package dev.isobar.features.state;

/**
 * Two words for each id, such as what was seen of it and when. Open addressing in flat arrays, no objects per id. Not thread safe.
 *
 * @since 0.1
 */
public final class IdTable {
    private boolean[] used = new boolean[16];
    private long[] high = new long[16];
    private long[] low = new long[16];
    private long[] firsts = new long[16];
    private long[] seconds = new long[16];
    private int size;

    /** How many ids are in it. */
    public int size() {
        return size;
    }

    /** A handle of the id's entry until the next change, or −1. */
    public int find(long idHigh, long idLow) {
        int mask = used.length - 1;
        for (int i = home(idHigh, idLow) & mask; used[i]; i = (i + 1) & mask) {
            if (high[i] == idHigh && low[i] == idLow) {
                return i;
            }
        }
        return -1;
    }

    /** Its first word. */
    public long first(int handle) {
        return firsts[handle];
    }

    /** Its second word. */
    public long second(int handle) {
        return seconds[handle];
    }

    /** Adds an id or changes its words. */
    public void put(long idHigh, long idLow, long first, long second) {
        if (2 * (size + 1) > used.length) {
            grow();
        }
        int mask = used.length - 1;
        int i = home(idHigh, idLow) & mask;
        while (used[i] && (high[i] != idHigh || low[i] != idLow)) {
            i = (i + 1) & mask;
        }
        if (!used[i]) {
            size++;
        }
        used[i] = true;
        high[i] = idHigh;
        low[i] = idLow;
        firsts[i] = first;
        seconds[i] = second;
    }

    /** Removes an id if these are its words. */
    public void remove(long idHigh, long idLow, long first, long second) {
        int i = find(idHigh, idLow);
        if (i < 0 || firsts[i] != first || seconds[i] != second) {
            return;
        }
        size--;
        int mask = used.length - 1;
        // Backward shift: no tombstones, so a long run does not grow slower.
        int j = i;
        while (true) {
            used[i] = false;
            int home;
            do {
                j = (j + 1) & mask;
                if (!used[j]) {
                    return;
                }
                home = home(high[j], low[j]) & mask;
            } while (i <= j ? i < home && home <= j : i < home || home <= j);
            used[i] = true;
            high[i] = high[j];
            low[i] = low[j];
            firsts[i] = firsts[j];
            seconds[i] = seconds[j];
            i = j;
        }
    }

    private void grow() {
        boolean[] oldUsed = used;
        long[] oldHigh = high;
        long[] oldLow = low;
        long[] oldFirst = firsts;
        long[] oldSecond = seconds;
        int capacity = oldUsed.length * 2;
        used = new boolean[capacity];
        high = new long[capacity];
        low = new long[capacity];
        firsts = new long[capacity];
        seconds = new long[capacity];
        size = 0;
        for (int i = 0; i < oldUsed.length; i++) {
            if (oldUsed[i]) {
                put(oldHigh[i], oldLow[i], oldFirst[i], oldSecond[i]);
            }
        }
    }

    private static int home(long idHigh, long idLow) {
        long h = (idHigh ^ Long.rotateLeft(idLow, 32)) * 0x9e3779b97f4a7c15L;
        h ^= h >>> 32;
        return (int) (h * 0x9e3779b97f4a7c15L >>> 32);
    }
}
