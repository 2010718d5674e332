package dev.isobar.features.state;

import java.util.Arrays;

/**
 * Where the events are whose ids may be met again under another key, time or content: of each, its key's number and both its times, by a hash of its id. The
 * id itself is in the event's log, where a find has to be confirmed. Flat arrays, no objects per event. Events leave it in bulk, when it would have to grow:
 * it may know some that are beyond the horizon. Not thread safe.
 *
 * @since 0.1
 */
public final class IdentityIndex {
    /** Leads around what stands side by side, and to every place in the end, as it is odd. */
    private static final int STEP = 17;

    private int[] keys = new int[64];
    private int[] hashes = new int[64];
    private long[] eventTimes = new long[64];
    private long[] availableTimes = new long[64];
    private int size;
    // Entry + 1 in the lower bits, as many as there are entries, and the upper bits of its hash in the others: most of
    // what is not here is told without a look
    // elsewhere. Twice as many as entries.
    private int[] table = new int[128];
    private long horizon = Long.MIN_VALUE;

    /** How many events are in it. */
    public int size() {
        return size;
    }

    /** A hash of an id. Ids that follow each other have hashes that do, sixteen at a time: numbers mostly come in order, and most looks are at what is in the cache. */
    public static int hash(long idHigh, long idLow) {
        long h = (idHigh >>> 4 ^ Long.rotateLeft(idLow, 32)) * 0x9e3779b97f4a7c15L;
        h ^= h >>> 32;
        return (int) (h * 0x9e3779b97f4a7c15L >>> 32) << 4 | (int) idHigh & 15;
    }

    /** The first place in the table to look for a hash, or −1. */
    public int first(int hash) {
        return probe(hash, hash & table.length - 1);
    }

    /** The next place after one that was not it, or −1. */
    public int next(int hash, int place) {
        return probe(hash, (place + STEP) & table.length - 1);
    }

    private int probe(int hash, int from) {
        int[] t = table;
        int mask = t.length - 1;
        int mark = hash & ~mask;
        for (int i = from; t[i] != 0; i = (i + STEP) & mask) {
            if ((t[i] & ~mask) == mark && hashes[(t[i] & mask) - 1] == hash) {
                return i;
            }
        }
        return -1;
    }

    private int entry(int place) {
        return (table[place] & table.length - 1) - 1;
    }

    /** The key's number. */
    public int key(int place) {
        return keys[entry(place)];
    }

    /** The event time. */
    public long eventTime(int place) {
        return eventTimes[entry(place)];
    }

    /** The available time. */
    public long availableTime(int place) {
        return availableTimes[entry(place)];
    }

    /** Changes where an event is. */
    public void change(int place, int key, long eventTime, long availableTime) {
        int e = entry(place);
        keys[e] = key;
        eventTimes[e] = eventTime;
        availableTimes[e] = availableTime;
    }

    /** Adds an event. */
    public void add(int hash, int key, long eventTime, long availableTime) {
        if (size == keys.length) {
            makeRoom();
        }
        int e = size++;
        keys[e] = key;
        hashes[e] = hash;
        eventTimes[e] = eventTime;
        availableTimes[e] = availableTime;
        link(e);
    }

    /** Says that what became available before a time need not be found any more. */
    public void forgetBefore(long time) {
        horizon = time;
    }

    private void link(int e) {
        int mask = table.length - 1;
        int i = hashes[e] & mask;
        while (table[i] != 0) {
            i = (i + STEP) & mask;
        }
        table[i] = hashes[e] & ~mask | e + 1;
    }

    private void makeRoom() {
        int kept = 0;
        for (int e = 0; e < size; e++) {
            if (availableTimes[e] >= horizon) {
                keys[kept] = keys[e];
                hashes[kept] = hashes[e];
                eventTimes[kept] = eventTimes[e];
                availableTimes[kept] = availableTimes[e];
                kept++;
            }
        }
        size = kept;
        int capacity = keys.length;
        // Half of it free at least, so that the next time is far away; a quarter used at most leaves room for less.
        if (kept > capacity / 2) {
            capacity *= 2;
        } else if (kept < capacity / 8 && capacity > 64) {
            capacity /= 2;
        }
        if (capacity != keys.length) {
            keys = Arrays.copyOf(keys, capacity);
            hashes = Arrays.copyOf(hashes, capacity);
            eventTimes = Arrays.copyOf(eventTimes, capacity);
            availableTimes = Arrays.copyOf(availableTimes, capacity);
            table = new int[2 * capacity];
        } else {
            Arrays.fill(table, 0);
        }
        for (int e = 0; e < kept; e++) {
            link(e);
        }
    }
}
