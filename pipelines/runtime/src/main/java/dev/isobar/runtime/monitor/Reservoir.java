package dev.isobar.runtime.monitor;

import java.util.Arrays;

/**
 * A uniform sample of a stream in bounded memory (Vitter's algorithm R). Its choices are a function of the position of a value
 * in the stream and of nothing else, so the same stream gives the same sample on every JVM. Not thread safe.
 */
final class Reservoir {
    private final int capacity;
    private double[] values = new double[64];
    private long seen;

    Reservoir(int capacity) {
        this.capacity = capacity;
    }

    void add(double value) {
        seen++;
        if (seen <= capacity) {
            int i = (int) seen - 1;
            if (i == values.length) {
                values = Arrays.copyOf(values, (int) Math.min(capacity, 2L * i));
            }
            values[i] = value;
            return;
        }
        long slot = Long.remainderUnsigned(mix(seen), seen);
        if (slot < capacity) {
            values[(int) slot] = value;
        }
    }

    /** How many values went by. */
    long seen() {
        return seen;
    }

    /** The sample in ascending order, a copy. */
    double[] sorted() {
        double[] copy = Arrays.copyOf(values, (int) Math.min(seen, capacity));
        Arrays.sort(copy);
        return copy;
    }

    /** SplitMix64's output function (Steele, Lea, Flood 2014): our own, because a JDK may change its generators. */
    private static long mix(long i) {
        long z = i * 0x9E3779B97F4A7C15L + 0x1505BA2L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
