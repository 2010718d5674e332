package dev.isobar.runtime.monitor;

/**
 * Collects the reference values of one feature: what the model was trained on. Keeps counts, mean, range and a uniform sample of
 * at most {@value #SAMPLE} values (256 KiB), from which {@link #bins()} cuts the bins. Not thread safe.
 *
 * @since 0.1
 */
public final class ReferenceProfile {
    /** Size of the sample. Up to here every value is kept. */
    public static final int SAMPLE = 32_768;

    private final String name;
    private final Moments moments = new Moments();
    private final Reservoir sample = new Reservoir(SAMPLE);

    /** An empty profile of the named feature. */
    public ReferenceProfile(String name) {
        this.name = name;
    }

    /** Adds one value; NaN means null. */
    public void add(double value) {
        moments.add(value);
        if (!Double.isNaN(value)) {
            sample.add(value + 0.0); // −0 becomes 0: one value, one bin
        }
    }

    /** Fixes the bins that current values will be counted into. Later additions do not reach them. */
    public FeatureBins bins() {
        return FeatureBins.cut(name, moments, sample.sorted());
    }
}
