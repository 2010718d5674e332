package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.serving.Replica;
import dev.isobar.emulation.serving.ReplicaSet;
import dev.isobar.emulation.serving.StartFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** The instances of a production variant; each invocation goes to the next one that is ready. Thread safe. */
final class Variant {
    private final VariantPlan plan;
    private final ReplicaSet instances;
    private volatile double weight;

    Variant(Containers containers, String endpoint, VariantPlan plan) {
        this.plan = plan;
        this.instances = new ReplicaSet(
                containers.hosting(),
                new VariantContainer(containers.host(), endpoint, plan),
                () -> "i-" + UUID.randomUUID().toString().replace("-", "").substring(0, 17),
                Fleet.DRAIN);
        this.weight = plan.weight();
    }

    VariantPlan plan() {
        return plan.with(instances.size(), weight);
    }

    double weight() {
        return weight;
    }

    void weigh(double newWeight) {
        weight = newWeight;
    }

    int ready() {
        return instances.ready();
    }

    /** Starts or stops instances until there are so many; if one does not start, there are as many as before. */
    void scale(int count) throws StartFailure, InterruptedException {
        instances.scale(count);
    }

    /** An instance for an invocation, already begun. */
    Optional<Replica> begin() {
        return instances.begin();
    }

    void stop(Duration drain) throws InterruptedException {
        instances.stop(drain);
    }
}
