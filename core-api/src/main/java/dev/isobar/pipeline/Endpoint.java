package dev.isobar.pipeline;

import dev.isobar.spec.DeploySpec;
import java.time.Duration;

/**
 * Where a model is served, and how a new one takes over. Immutable: every method returns a new value.
 *
 * @since 0.1
 */
public final class Endpoint {
    private final DeploySpec spec;

    private Endpoint(DeploySpec spec) {
        this.spec = spec;
    }

    /** An endpoint of that name: {@code [a-z][a-z0-9-]*}. One replica, no canary, unless said. */
    public static Endpoint named(String name) {
        return new Endpoint(new DeploySpec(name, 10_000, 0, 1, 1, 0));
    }

    /** A new model first gets a share of the traffic and is watched before it gets all. A first model has no canary. */
    public Endpoint canary(Dsl.Percent share, Dsl.Bake bake) {
        return new Endpoint(new DeploySpec(
                spec.endpoint(),
                share.basisPoints(),
                bake.micros(),
                spec.minReplicas(),
                spec.maxReplicas(),
                spec.scaleOutP99Micros()));
    }

    /** How many replicas there are at least and at most. */
    public Endpoint replicas(int min, int max) {
        return new Endpoint(new DeploySpec(
                spec.endpoint(), spec.canaryBasisPoints(), spec.bakeMicros(), min, max, spec.scaleOutP99Micros()));
    }

    /** When replicas are added. */
    public Endpoint scaleOutWhen(Dsl.LatencyAbove condition) {
        return new Endpoint(new DeploySpec(
                spec.endpoint(),
                spec.canaryBasisPoints(),
                spec.bakeMicros(),
                spec.minReplicas(),
                spec.maxReplicas(),
                Dsl.micros(condition.threshold())));
    }

    DeploySpec declaration() {
        return spec;
    }

    /** A length of time in the language of deployments. */
    static Dsl.Bake baking(Duration value) {
        return new Dsl.Bake(Dsl.micros(value));
    }
}
