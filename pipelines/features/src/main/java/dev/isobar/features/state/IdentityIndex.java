package dev.isobar.features.state;

import java.util.Arrays;

/**
 * Where the event of an id is: its key's number and its place in that key's log. Open addressing in flat arrays, no objects per event. Not thread safe.
 *
 * @since 0.1
 */
public final class IdentityIndex {
    private static final int NONE = -1;

    private int[] keys = new int[16];
    private long[] high = new long[16];
    private long[] low = new long[16];
    private long[] eventTimes = new long[16];
    private long[] availableTimes = new long[16];
    private int size;

    /** An empty index. */
    public IdentityIndex() {
        Arrays.fill(keys, NONE);
    }

    /** How many ids are in it. */
    public int size() {
        return size;
    }

    /** A handle of the id's entry until the next change, or −1. */
    public int find(long idHigh, long idLow) {
        int mask = keys.length - 1;
        for (int i = home(idHigh, idLow) & mask; keys[i] != NONE; i = (i + 1) & mask) {
            if (high[i] == idHigh && low[i] == idLow) {
                return i;
            }
        }
        return -1;
    }

    /** The key's number. */
    public int key(int handle) {
        return keys[handle];
    }

    /** The event time. */
    public long eventTime(int handle) {
        return eventTimes[handle];
    }

    /** The available time. */
    public long availableTime(int handle) {
        return availableTimes[handle];
    }

    /** Adds an id or changes where it is. */
    public void put(long idHigh, long idLow, int key, long eventTime, long availableTime) {
        if (2 * (size + 1) > keys.length) {
            grow();
        }
        int mask = keys.length - 1;
        int i = home(idHigh, idLow) & mask;
        while (keys[i] != NONE && (high[i] != idHigh || low[i] != idLow)) {
            i = (i + 1) & mask;
        }
        if (keys[i] == NONE) {
            size++;
        }
        keys[i] = key;
        high[i] = idHigh;
        low[i] = idLow;
        eventTimes[i] = eventTime;
        availableTimes[i] = availableTime;
    }

    /** Removes an id if it is at this place. */
    public void remove(long idHigh, long idLow, int key, long eventTime, long availableTime) {
        int i = find(idHigh, idLow);
        if (i < 0 || keys[i] != key || eventTimes[i] != eventTime || availableTimes[i] != availableTime) {
            return;
        }
        size--;
        int mask = keys.length - 1;
        // Backward shift: no tombstones, so a long run does not grow slower.
        int j = i;
        while (true) {
            keys[i] = NONE;
            int home;
            do {
                j = (j + 1) & mask;
                if (keys[j] == NONE) {
                    return;
                }
                home = home(high[j], low[j]) & mask;
            } while (i <= j ? i < home && home <= j : i < home || home <= j);
            keys[i] = keys[j];
            high[i] = high[j];
            low[i] = low[j];
            eventTimes[i] = eventTimes[j];
            availableTimes[i] = availableTimes[j];
            i = j;
        }
    }

    private void grow() {
        int[] oldKeys = keys;
        long[] oldHigh = high;
        long[] oldLow = low;
        long[] oldEvent = eventTimes;
        long[] oldAvailable = availableTimes;
        int capacity = oldKeys.length * 2;
        keys = new int[capacity];
        high = new long[capacity];
        low = new long[capacity];
        eventTimes = new long[capacity];
        availableTimes = new long[capacity];
        Arrays.fill(keys, NONE);
        size = 0;
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != NONE) {
                put(oldHigh[i], oldLow[i], oldKeys[i], oldEvent[i], oldAvailable[i]);
            }
        }
    }

    private static int home(long idHigh, long idLow) {
        long h = (idHigh ^ Long.rotateLeft(idLow, 32)) * 0x9e3779b97f4a7c15L;
        h ^= h >>> 32;
        return (int) (h * 0x9e3779b97f4a7c15L >>> 32);
    }
}
