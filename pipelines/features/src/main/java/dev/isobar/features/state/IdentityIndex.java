package dev.isobar.features.state;

import java.util.Arrays;

/**
 * Where the events are whose ids may be met again under another key, time or content: of each, its key's number and both its times, in the order of arrival
 * and by a hash of its id. The id itself is in the event's log, where a find has to be confirmed. Flat arrays, no objects per event. Not thread safe.
 *
 * @since 0.1
 */
public final class IdentityIndex {
    // A ring: entry e is at e & (length − 1).
    private int[] keys = new int[64];
    private int[] hashes = new int[64];
    private long[] eventTimes = new long[64];
    private long[] availableTimes = new long[64];
    private int head;
    private int tail;
    // hash → entry's place in the ring + 1
    private int[] table = new int[128];

    /** How many events are in it. */
    public int size() {
        return tail - head;
    }

    /** A hash of an id. */
    public static int hash(long idHigh, long idLow) {
        long h = (idHigh ^ Long.rotateLeft(idLow, 32)) * 0x9e3779b97f4a7c15L;
        h ^= h >>> 32;
        return (int) (h * 0x9e3779b97f4a7c15L >>> 32);
    }

    /** The first place in the table to look for a hash. */
    public int first(int hash) {
        return probe(hash, hash & table.length - 1);
    }

    /** The next place after one that was not it. */
    public int next(int hash, int place) {
        return probe(hash, (place + 1) & table.length - 1);
    }

    /** An empty place ends a search: −1. */
    private int probe(int hash, int from) {
        int mask = table.length - 1;
        for (int i = from; table[i] != 0; i = (i + 1) & mask) {
            if (hashes[table[i] - 1] == hash) {
                return i;
            }
        }
        return -1;
    }

    /** The key's number. */
    public int key(int place) {
        return keys[table[place] - 1];
    }

    /** The event time. */
    public long eventTime(int place) {
        return eventTimes[table[place] - 1];
    }

    /** The available time. */
    public long availableTime(int place) {
        return availableTimes[table[place] - 1];
    }

    /** Changes where an event is. */
    public void change(int place, int key, long eventTime, long availableTime) {
        int e = table[place] - 1;
        keys[e] = key;
        eventTimes[e] = eventTime;
        availableTimes[e] = availableTime;
    }

    /** Adds an event. */
    public void add(int hash, int key, long eventTime, long availableTime) {
        if (tail - head == keys.length) {
            grow();
        }
        int e = tail++ & keys.length - 1;
        keys[e] = key;
        hashes[e] = hash;
        eventTimes[e] = eventTime;
        availableTimes[e] = availableTime;
        link(e);
    }

    /** Forgets from the oldest on what became available before a time. */
    public void forgetBefore(long time) {
        while (head != tail && availableTimes[head & keys.length - 1] < time) {
            unlink(head & keys.length - 1);
            head++;
        }
    }

    private void link(int e) {
        int mask = table.length - 1;
        int i = hashes[e] & mask;
        while (table[i] != 0) {
            i = (i + 1) & mask;
        }
        table[i] = e + 1;
    }

    private void unlink(int e) {
        int mask = table.length - 1;
        int i = hashes[e] & mask;
        while (table[i] != e + 1) {
            i = (i + 1) & mask;
        }
        int j = i;
        while (true) {
            table[i] = 0;
            int home;
            do {
                j = (j + 1) & mask;
                if (table[j] == 0) {
                    return;
                }
                home = hashes[table[j] - 1] & mask;
            } while (i <= j ? i < home && home <= j : i < home || home <= j);
            table[i] = table[j];
            i = j;
        }
    }

    private void grow() {
        int n = tail - head;
        int from = head & keys.length - 1;
        keys = unrolled(keys, from);
        hashes = unrolled(hashes, from);
        eventTimes = unrolled(eventTimes, from);
        availableTimes = unrolled(availableTimes, from);
        head = 0;
        tail = n;
        table = new int[2 * table.length];
        for (int e = 0; e < n; e++) {
            link(e);
        }
    }

    private static int[] unrolled(int[] ring, int from) {
        int[] larger = Arrays.copyOf(Arrays.copyOfRange(ring, from, ring.length), 2 * ring.length);
        System.arraycopy(ring, 0, larger, ring.length - from, from);
        return larger;
    }

    private static long[] unrolled(long[] ring, int from) {
        long[] larger = Arrays.copyOf(Arrays.copyOfRange(ring, from, ring.length), 2 * ring.length);
        System.arraycopy(ring, 0, larger, ring.length - from, from);
        return larger;
    }
}
