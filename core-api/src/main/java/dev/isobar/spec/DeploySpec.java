package dev.isobar.spec;

/**
 * How a model is served.
 *
 * @param canaryBasisPoints share of traffic a new model gets first; 10,000 for no canary
 * @param bakeMicros how long the canary is watched, on the run's clock
 * @param scaleOutP99Micros replicas are added above this p99; 0 for never
 * @since 0.1
 */
public record DeploySpec(
        String endpoint,
        int canaryBasisPoints,
        long bakeMicros,
        int minReplicas,
        int maxReplicas,
        long scaleOutP99Micros) {}
