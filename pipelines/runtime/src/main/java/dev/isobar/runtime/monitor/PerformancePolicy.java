package dev.isobar.runtime.monitor;

import org.jspecify.annotations.Nullable;

/**
 * What counts as a model that is not good enough: an AUC below the floor, by more than chance explains, often enough.
 *
 * @param aucFloor the floor, 0 to 1, or null to record without judging
 * @param persistence how often, how long, how sure
 * @since 0.1
 */
public record PerformancePolicy(@Nullable Double aucFloor, Persistence persistence) {
    /** Refuses a floor that is no AUC. */
    public PerformancePolicy {
        if (aucFloor != null && !(aucFloor >= 0 && aucFloor <= 1)) {
            throw Refusals.argument(
                    "An AUC floor of " + aucFloor + " is not between 0 and 1.", "Use something like 0.7.");
        }
    }

    /** No floor, {@link Persistence#ofDefaults()}. */
    public static PerformancePolicy ofDefaults() {
        return new PerformancePolicy(null, Persistence.ofDefaults());
    }
}
