package dev.isobar.features;

import dev.isobar.features.expression.Frame;
import java.util.Arrays;

/**
 * The values of a plan's columns as of (t, k). Reusable: an evaluation overwrites everything. Not thread safe.
 *
 * <p>Every value is a binary64 or null; null is beside the values, never a NaN among them. A NaN is always the canonical one.
 *
 * @since 0.1
 */
public final class FeatureVector {
    private final int size;
    // The columns, and behind them what is computed on the way.
    private final double[] values;
    private final boolean[] nulls;
    private final long[] frontiers;
    private long asOf;
    private long knownAt;
    private boolean complete;

    /** An all-null vector of a plan's shape. */
    public FeatureVector(FeaturePlan plan) {
        this.size = plan.size();
        this.values = new double[plan.values()];
        this.nulls = new boolean[plan.values()];
        this.frontiers = new long[plan.streams().size()];
        Arrays.fill(nulls, true);
        Arrays.fill(frontiers, Long.MIN_VALUE);
    }

    /** How many columns it has. */
    public int size() {
        return size;
    }

    /** Whether the column has no value. */
    public boolean isNull(int column) {
        return nulls[column];
    }

    /** The column's value; 0.0 for null. */
    public double value(int column) {
        return values[column];
    }

    /** The IEEE bits of the column's value; 0 for null. */
    public long bits(int column) {
        return Double.doubleToRawLongBits(values[column]);
    }

    /** The event time it is as of (exclusive end of all windows), microseconds. */
    public long asOf() {
        return asOf;
    }

    /** The known time: only events available by then count, microseconds. */
    public long knownAt() {
        return knownAt;
    }

    /**
     * The frontier of a stream of the plan when this was computed, the lowest of the states it was computed from: whatever becomes available
     * later has an available time of at least this. {@code Long.MIN_VALUE} if nothing is known; {@code Long.MAX_VALUE} if no window of the
     * vector reads the stream.
     */
    public long frontier(int stream) {
        return frontiers[stream];
    }

    /** Whether nothing that may still become known can change it: every frontier has passed {@link #knownAt()}. Else it is provisional. */
    public boolean isFinal() {
        return complete;
    }

    /** The values as a model takes them: null becomes NaN. */
    public void copyTo(float[] into, int offset) {
        for (int i = 0; i < size; i++) {
            into[offset + i] = nulls[i] ? Float.NaN : (float) values[i];
        }
    }

    /** The values with null as NaN. */
    public void copyTo(double[] into, int offset) {
        for (int i = 0; i < size; i++) {
            into[offset + i] = nulls[i] ? Double.NaN : values[i];
        }
    }

    void begin(long t, long k) {
        asOf = t;
        knownAt = k;
        complete = true;
        Arrays.fill(frontiers, Long.MAX_VALUE);
    }

    void frontier(int stream, long frontier) {
        if (frontier < frontiers[stream]) {
            frontiers[stream] = frontier;
        }
        if (frontier <= knownAt) {
            complete = false;
        }
    }

    /** Takes values over; the history they are from is complete. */
    void take(long t, long k, long[] words, int at, long none) {
        begin(t, k);
        for (int i = 0; i < size; i++) {
            long word = words[at + i];
            nulls[i] = word == none;
            values[i] = word == none ? 0.0 : Double.longBitsToDouble(word);
        }
    }

    /** Lets a frame keep its values here. */
    void into(Frame frame) {
        frame.values(values, nulls);
    }

    /** Equal bits, nulls and coordinates; frontiers are not compared, they say how sure one is, not what the value is. */
    @Override
    public boolean equals(Object o) {
        if (!(o instanceof FeatureVector v) || v.size != size) {
            return false;
        }
        for (int i = 0; i < size; i++) {
            if (bits(i) != v.bits(i)) {
                return false;
            }
        }
        return Arrays.equals(nulls, 0, size, v.nulls, 0, size) && asOf == v.asOf && knownAt == v.knownAt;
    }

    @Override
    public int hashCode() {
        int hash = Long.hashCode(asOf);
        for (int i = 0; i < size; i++) {
            hash = 31 * hash + Double.hashCode(values[i]);
        }
        return hash;
    }

    @Override
    public String toString() {
        StringBuilder b = new StringBuilder("[");
        for (int i = 0; i < size; i++) {
            b.append(i == 0 ? "" : ", ").append(nulls[i] ? "null" : Double.toString(values[i]));
        }
        return b.append("] as of ")
                .append(asOf)
                .append(" known at ")
                .append(knownAt)
                .append(complete ? ", final" : ", provisional")
                .toString();
    }
}
