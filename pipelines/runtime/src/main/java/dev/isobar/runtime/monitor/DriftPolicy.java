package dev.isobar.runtime.monitor;

/**
 * What counts as drift: a PSI of at least {@code psi} <em>and</em> a p-value below the persistence's alpha, often enough.
 *
 * @param psi effect size, above 0; 0.2 is the field's habit
 * @param persistence how often, how long, how sure
 * @since 0.1
 */
public record DriftPolicy(double psi, Persistence persistence) {
    /** Refuses a threshold that always fires. */
    public DriftPolicy {
        if (!(psi > 0)) {
            throw Refusals.argument("A PSI threshold of " + psi + " would always fire.", "Use something like 0.2.");
        }
    }

    /** PSI 0.2 with {@link Persistence#ofDefaults()}. */
    public static DriftPolicy ofDefaults() {
        return new DriftPolicy(0.2, Persistence.ofDefaults());
    }

    boolean fires(double value, double p) {
        return value >= psi && p < persistence.alpha();
    }
}
