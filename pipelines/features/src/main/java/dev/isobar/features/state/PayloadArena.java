package dev.isobar.features.state;

import java.util.Arrays;

/**
 * The payloads of events that may still meet a rival: same id, same times, same key, other payload; the smaller payload wins. That can only happen until
 * the frontier has passed their available time, so only those are kept, in one byte array. Not thread safe.
 *
 * @since 0.1
 */
public final class PayloadArena {
    private byte[] bytes = new byte[1024];
    private int used;
    private long[] high = new long[32];
    private long[] low = new long[32];
    private long[] available = new long[32];
    private int[] offset = new int[32];
    private int[] length = new int[32];
    private int count;
    private int afterSweep = 64;
    // id → newest entry; −1 empty
    private int[] table = new int[64];

    /** An empty arena. */
    public PayloadArena() {
        Arrays.fill(table, -1);
    }

    /** How many payloads are kept. */
    public int size() {
        return count;
    }

    /** Keeps a payload; the newest of an id is the one that is found. */
    public void put(long idHigh, long idLow, long availableTime, byte[] source, int from, int n, long frontier) {
        if (availableTime < frontier) {
            return;
        }
        if (count >= afterSweep) {
            sweep(frontier);
        }
        if (count == high.length) {
            int capacity = count * 2;
            high = Arrays.copyOf(high, capacity);
            low = Arrays.copyOf(low, capacity);
            available = Arrays.copyOf(available, capacity);
            offset = Arrays.copyOf(offset, capacity);
            length = Arrays.copyOf(length, capacity);
        }
        if (bytes.length - used < n) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(used, n), (int)
                    Math.min(2L * bytes.length, Integer.MAX_VALUE - 16)));
        }
        System.arraycopy(source, from, bytes, used, n);
        high[count] = idHigh;
        low[count] = idLow;
        available[count] = availableTime;
        offset[count] = used;
        length[count] = n;
        used += n;
        count++;
        if (2 * count > table.length) {
            rebuild(table.length * 2);
        } else {
            link(count - 1);
        }
    }

    /** Whether an id's payload is kept, and if so whether it goes before the given one by unsigned bytes: −1, 0 or 1; 2 if it is not kept. */
    public int compare(long idHigh, long idLow, byte[] other, int from, int n) {
        int e = entry(idHigh, idLow);
        if (e < 0) {
            return 2;
        }
        return Integer.signum(Arrays.compareUnsigned(bytes, offset[e], offset[e] + length[e], other, from, from + n));
    }

    /** An id's payload, or an empty array if it is not kept. */
    public byte[] get(long idHigh, long idLow) {
        int e = entry(idHigh, idLow);
        return e < 0 ? new byte[0] : Arrays.copyOfRange(bytes, offset[e], offset[e] + length[e]);
    }

    /** Overwrites an id's payload (erasure). */
    public void forget(long idHigh, long idLow) {
        int e = entry(idHigh, idLow);
        if (e >= 0) {
            Arrays.fill(bytes, offset[e], offset[e] + length[e], (byte) 0);
            length[e] = 0;
            available[e] = Long.MIN_VALUE;
        }
    }

    private int entry(long idHigh, long idLow) {
        int mask = table.length - 1;
        for (int i = home(idHigh, idLow) & mask; table[i] >= 0; i = (i + 1) & mask) {
            int e = table[i];
            if (high[e] == idHigh && low[e] == idLow) {
                return e;
            }
        }
        return -1;
    }

    private void link(int e) {
        int mask = table.length - 1;
        int i = home(high[e], low[e]) & mask;
        while (table[i] >= 0 && (high[table[i]] != high[e] || low[table[i]] != low[e])) {
            i = (i + 1) & mask;
        }
        table[i] = e;
    }

    // Amortized: the next sweep comes when as many were added as remained.
    private void sweep(long frontier) {
        int kept = 0;
        int to = 0;
        for (int i = 0; i < count; i++) {
            if (available[i] >= frontier && entry(high[i], low[i]) == i) {
                int from = offset[i];
                System.arraycopy(bytes, from, bytes, to, length[i]);
                moveEntry(i, kept, to);
                to += length[kept];
                kept++;
            }
        }
        count = kept;
        used = to;
        afterSweep = Math.max(64, 2 * kept);
        rebuild(table.length);
    }

    private void moveEntry(int from, int into, int newOffset) {
        high[into] = high[from];
        low[into] = low[from];
        available[into] = available[from];
        length[into] = length[from];
        offset[into] = newOffset;
    }

    private void rebuild(int capacity) {
        table = capacity == table.length ? table : new int[capacity];
        Arrays.fill(table, -1);
        for (int i = 0; i < count; i++) {
            link(i);
        }
    }

    private static int home(long idHigh, long idLow) {
        long h = (idHigh ^ Long.rotateLeft(idLow, 32)) * 0x9e3779b97f4a7c15L;
        h ^= h >>> 32;
        return (int) (h * 0x9e3779b97f4a7c15L >>> 32);
    }
}
