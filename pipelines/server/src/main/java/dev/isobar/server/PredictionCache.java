package dev.isobar.server;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Scores of vectors that were scored a short while ago. The key is explicit and complete, the model's digest and the bits of every feature, so that a hit is
 * what the model would say; the time to live bounds how long anything of a request stays in memory. Least recently used entries go first. Pays for
 * models that cost more than a look-up, which our own trees do not. Thread safe.
 */
final class PredictionCache {
    private static final int STRIPES = 16;

    private final String modelDigest;
    private final int perStripe;
    private final long ttl;
    private final LongSupplier clock;
    private final Stripe[] stripes = new Stripe[STRIPES];
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();

    private static final class Stripe extends LinkedHashMap<Key, Kept> {
        private static final long serialVersionUID = 1L;

        private final transient int most;

        Stripe(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
            return size() > most;
        }
    }

    /** The bits of a vector, and whose they were given to. */
    private static final class Key {
        private final String modelDigest;
        private final int[] bits;
        private final int hash;

        Key(String modelDigest, float[] rows, int offset, int length) {
            this.modelDigest = modelDigest;
            this.bits = new int[length];
            int h = modelDigest.hashCode();
            for (int i = 0; i < length; i++) {
                bits[i] = Float.floatToIntBits(rows[offset + i]);
                h = 31 * h + bits[i];
            }
            this.hash = h * 0x9e3779b9;
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Key k && modelDigest.equals(k.modelDigest) && Arrays.equals(bits, k.bits);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private record Kept(float score, long until) {}

    /**
     * @param entries most entries, about
     * @param ttl how long an entry lives, nanoseconds
     * @param clock as {@link System#nanoTime}
     */
    PredictionCache(String modelDigest, int entries, long ttl, LongSupplier clock) {
        this.modelDigest = modelDigest;
        this.perStripe = Math.max(1, entries / STRIPES);
        this.ttl = ttl;
        this.clock = clock;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe(perStripe);
        }
    }

    /** The score of a vector; NaN if it is not here, or too old. */
    float get(float[] rows, int offset, int length) {
        Key key = new Key(modelDigest, rows, offset, length);
        Stripe stripe = stripe(key);
        synchronized (stripe) {
            Kept entry = stripe.get(key);
            if (entry != null && clock.getAsLong() - entry.until < 0) {
                hits.increment();
                return entry.score;
            }
            if (entry != null) {
                stripe.remove(key);
            }
        }
        misses.increment();
        return Float.NaN;
    }

    void put(float[] rows, int offset, int length, float score) {
        Key key = new Key(modelDigest, rows, offset, length);
        long now = clock.getAsLong();
        Stripe stripe = stripe(key);
        synchronized (stripe) {
            stripe.put(key, new Kept(score, now + ttl));
            // What has outlived its time goes even if nobody asks for it again, a little with every entry that comes.
            Iterator<Kept> oldest = stripe.values().iterator();
            for (int i = 0; i < 2 && oldest.hasNext(); i++) {
                if (now - oldest.next().until >= 0) {
                    oldest.remove();
                }
            }
        }
    }

    private Stripe stripe(Key key) {
        return stripes[key.hash >>> 28];
    }

    long hits() {
        return hits.sum();
    }

    long misses() {
        return misses.sum();
    }

    int size() {
        int size = 0;
        for (Stripe stripe : stripes) {
            synchronized (stripe) {
                size += stripe.size();
            }
        }
        return size;
    }
}
