package dev.isobar.features.state;

import java.util.Arrays;

/**
 * Says of most ids that a log does not hold that it does not, without looking: a Bloom filter with one hash (Bloom 1970) and room for many times its ids, so that
 * about one in sixteen of the others has to be looked for. Not thread safe.
 *
 * @since 0.1
 */
public final class IdFilter {
    private static final int BITS_PER_ID = 16;

    private long[] bits = new long[16];
    private int ids;

    /** Starts anew with the ids of a log. */
    public void reset(EventLog log) {
        int room = Integer.highestOneBit(Math.max(64, log.size()) * BITS_PER_ID / 64 * 2 - 1);
        if (bits.length == room) {
            Arrays.fill(bits, 0);
        } else {
            bits = new long[room];
        }
        ids = 0;
        for (int i = log.start(); i < log.end(); i++) {
            add(log.idHigh(i), log.idLow(i));
        }
    }

    /** Adds an id; false if there are too many by now, and it should be {@link #reset}. */
    public boolean add(long idHigh, long idLow) {
        int h = IdentityIndex.hash(idHigh, idLow);
        bits[h >>> 6 & bits.length - 1] |= 1L << h;
        return ++ids <= bits.length * 64 / (BITS_PER_ID / 4);
    }

    /** Whether an id may be among those that were added. */
    public boolean mayHold(long idHigh, long idLow) {
        int h = IdentityIndex.hash(idHigh, idLow);
        return (bits[h >>> 6 & bits.length - 1] >>> h & 1) != 0;
    }
}
