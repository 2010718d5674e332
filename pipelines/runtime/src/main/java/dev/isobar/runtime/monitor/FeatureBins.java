package dev.isobar.runtime.monitor;

import java.util.Arrays;

/**
 * The bins of one feature, fixed by its reference, with the reference's counts. Immutable, thread safe.
 *
 * <p>A feature with at most {@value #DISCRETE} different values is <em>discrete</em>: a bin for each value, one for values the
 * reference never had, one for nulls. Any other is <em>continuous</em>: about {@value #BINS} bins of equal reference mass (fewer
 * on a small reference, so that each holds 20 values), cut half-way between neighbouring values, and one for nulls. A value
 * that alone has the mass of a bin gets a bin of its own, and the rest shares what is left.
 *
 * @since 0.1
 */
public final class FeatureBins {
    /** Bins of a continuous feature. */
    public static final int BINS = 10;
    /** The most different values a discrete feature has. */
    public static final int DISCRETE = 12;

    private static final int VALUES_PER_BIN = 20;

    private final String name;
    private final boolean discrete;
    /** Discrete: the values. Continuous: the upper, inclusive bounds of all bins but the last. Ascending. */
    private final double[] cuts;

    private final double[] sample;
    private final long[] counts;
    private final long rows;
    private final double mean;
    private final double nullRate;
    private final double min;
    private final double max;

    private FeatureBins(String name, boolean discrete, double[] cuts, Moments moments, double[] sample) {
        this.name = name;
        this.discrete = discrete;
        this.cuts = cuts;
        this.sample = sample;
        this.rows = moments.rows();
        this.mean = moments.mean();
        this.nullRate = moments.nullRate();
        this.min = moments.min();
        this.max = moments.max();
        this.counts = new long[size()];
        for (double value : sample) {
            counts[indexOf(value)]++;
        }
        // Beyond the sample's size the counts are the sample's, and so is the number of nulls: the p-value must not
        // believe in more reference values than were counted.
        long present = rows - moments.nulls();
        counts[nullBin()] = present == 0 ? rows : Math.round((double) moments.nulls() * sample.length / present);
    }

    static FeatureBins cut(String name, Moments moments, double[] sorted) {
        double[] distinct =
                Arrays.stream(sorted).distinct().limit(DISCRETE + 1L).toArray();
        if (distinct.length <= DISCRETE) {
            return new FeatureBins(name, true, distinct, moments, sorted);
        }
        return new FeatureBins(name, false, cuts(sorted), moments, sorted);
    }

    private static double[] cuts(double[] sorted) {
        int n = sorted.length;
        int target = Math.max(2, Math.min(BINS, n / VALUES_PER_BIN));
        double full = (double) n / target;
        double[] cuts = new double[2 * BINS + 2];
        int size = 0;
        int open = 0; // first value of the bin being filled
        int i = 0;
        double share = full;
        while (i < n) {
            int end = i + 1;
            while (end < n && sorted[end] == sorted[i]) {
                end++;
            }
            boolean atom = end - i >= full;
            if (atom && i - open >= full / 4) {
                cuts[size++] = between(sorted[i - 1], sorted[i]);
                open = i;
            }
            if (end < n && (atom || end - open >= share)) {
                if (n - end < full / 4) {
                    break; // too little is left for a bin of its own
                }
                cuts[size++] = between(sorted[end - 1], sorted[end]);
                open = end;
                share = (double) (n - end) / Math.max(1, Math.round((n - end) / full));
            }
            i = end;
        }
        return Arrays.copyOf(cuts, size);
    }

    /** The middle, which for neighbouring doubles may round to the upper one: then the lower one separates them. */
    private static double between(double low, double high) {
        double middle = low / 2 + high / 2;
        return middle > low && middle < high ? middle : low;
    }

    /** The feature's name. */
    public String name() {
        return name;
    }

    /** Whether every reference value has a bin of its own. */
    public boolean discrete() {
        return discrete;
    }

    /** How many bins, the null bin included. */
    public int size() {
        return cuts.length + 2; // discrete: values, new, null; continuous: cuts, the open end, null
    }

    /** The bin of a value; NaN belongs to the last one. */
    public int indexOf(double value) {
        if (Double.isNaN(value)) {
            return nullBin();
        }
        int at = Arrays.binarySearch(cuts, value + 0.0);
        if (discrete) {
            return at >= 0 ? at : cuts.length;
        }
        return at >= 0 ? at : -at - 1;
    }

    /** What a bin holds, for people: {@code "≤ 0.12"}, {@code "0.12 – 0.3"}, {@code "new"}, {@code "null"}. */
    public String label(int bin) {
        if (bin == nullBin()) {
            return "null";
        }
        if (discrete) {
            return bin == cuts.length ? "new" : Sentences.number(cuts[bin]);
        }
        if (bin == 0) {
            return "≤ " + Sentences.number(cuts[0]);
        }
        return bin == cuts.length
                ? "> " + Sentences.number(cuts[bin - 1])
                : Sentences.number(cuts[bin - 1]) + " – " + Sentences.number(cuts[bin]);
    }

    /** The reference's counts, of its sample; a copy. */
    public long[] counts() {
        return counts.clone();
    }

    /** Reference rows seen, nulls included. */
    public long rows() {
        return rows;
    }

    /** Mean of the finite reference values; NaN if there is none. */
    public double mean() {
        return mean;
    }

    /** Share of nulls in the reference; NaN if it is empty. */
    public double nullRate() {
        return nullRate;
    }

    /** Smallest reference value; positive infinity if there is none. */
    public double min() {
        return min;
    }

    /** Largest reference value; negative infinity if there is none. */
    public double max() {
        return max;
    }

    int nullBin() {
        return size() - 1;
    }

    /** The sorted sample itself; callers in this package only read it. */
    double[] sample() {
        return sample;
    }
}
