package dev.isobar.runtime.monitor;

/** Count, nulls, mean and range of a stream; the sum is compensated (Neumaier). Infinite values count but stay out of the mean. */
final class Moments {
    private long rows;
    private long nulls;
    private long finite;
    private double sum;
    private double compensation;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;

    void add(double value) {
        rows++;
        if (Double.isNaN(value)) {
            nulls++;
            return;
        }
        min = Math.min(min, value);
        max = Math.max(max, value);
        if (Double.isInfinite(value)) {
            return;
        }
        finite++;
        double t = sum + value;
        compensation += Math.abs(sum) >= Math.abs(value) ? (sum - t) + value : (value - t) + sum;
        sum = t;
    }

    long rows() {
        return rows;
    }

    long nulls() {
        return nulls;
    }

    double mean() {
        return (sum + compensation) / finite;
    }

    double nullRate() {
        return (double) nulls / rows;
    }

    /** Positive infinity when there is no value. */
    double min() {
        return min;
    }

    /** Negative infinity when there is no value. */
    double max() {
        return max;
    }
}
