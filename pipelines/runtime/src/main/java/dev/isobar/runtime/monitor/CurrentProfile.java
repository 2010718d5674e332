package dev.isobar.runtime.monitor;

/**
 * Collects the current values of one feature into its reference's bins, with a uniform sample of at most
 * {@link ReferenceProfile#SAMPLE} values for the tests that need more than bins. Not thread safe.
 *
 * @since 0.1
 */
public final class CurrentProfile {
    private final FeatureBins bins;
    private final Moments moments = new Moments();
    private final Reservoir sample = new Reservoir(ReferenceProfile.SAMPLE);
    private final long[] counts;

    /** An empty profile over fixed bins. */
    public CurrentProfile(FeatureBins bins) {
        this.bins = bins;
        this.counts = new long[bins.size()];
    }

    /** Adds one value; NaN means null. */
    public void add(double value) {
        moments.add(value);
        counts[bins.indexOf(value)]++;
        if (!Double.isNaN(value)) {
            sample.add(value + 0.0);
        }
    }

    /** Compares what came so far with the reference. */
    public FeatureDrift drift() {
        long[] reference = bins.counts();
        double[] current = sample.sorted();
        boolean continuous = !bins.discrete() && current.length > 0;
        double ks = continuous ? Distances.kolmogorovSmirnov(bins.sample(), current) : Double.NaN;
        double ksP =
                continuous ? Distances.kolmogorovSmirnovPValue(ks, bins.sample().length, current.length) : Double.NaN;
        return new FeatureDrift(
                bins.name(),
                Distances.psi(reference, counts),
                Distances.psiPValue(reference, counts),
                ks,
                ksP,
                Distances.jensenShannon(reference, counts),
                Distances.wasserstein(bins.sample(), current),
                bins.nullRate(),
                moments.nullRate(),
                bins.mean(),
                moments.mean(),
                bins.rows(),
                moments.rows());
    }

    /** Counts by bin; a copy. */
    public long[] counts() {
        return counts.clone();
    }
}
