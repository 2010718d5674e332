package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.serving.StartFailure;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** All variants of one endpoint configuration, running. Thread safe. */
final class Fleet {
    /** How long invocations that run may take until their instance is stopped; no invocation may take longer. */
    static final Duration DRAIN = Duration.ofSeconds(60);

    private final Map<String, Variant> variants = new LinkedHashMap<>();

    /** Starts all instances, or none. */
    static Fleet start(Containers containers, String endpoint, List<VariantPlan> plans)
            throws StartFailure, InterruptedException {
        Fleet fleet = new Fleet();
        for (VariantPlan plan : plans) {
            fleet.variants.put(plan.name(), new Variant(containers, endpoint, plan));
        }
        try {
            for (VariantPlan plan : plans) {
                fleet.variant(plan.name()).orElseThrow().scale(plan.instances());
            }
        } catch (StartFailure e) {
            fleet.stop(Duration.ZERO);
            throw e;
        }
        return fleet;
    }

    Collection<Variant> variants() {
        return variants.values();
    }

    Optional<Variant> variant(String name) {
        return Optional.ofNullable(variants.get(name));
    }

    /**
     * The variant of an invocation: the target, or one by weight; by chance, as with the service.
     *
     * @return nothing if there is no such target, or no variant has a weight
     */
    Optional<Variant> choose(@Nullable String target) {
        if (target != null) {
            return variant(target);
        }
        double total = variants.values().stream().mapToDouble(Variant::weight).sum();
        if (!(total > 0)) {
            return Optional.empty();
        }
        double drawn = ThreadLocalRandom.current().nextDouble(total);
        Variant last = null;
        for (Variant variant : variants.values()) {
            double weight = variant.weight();
            if (weight > 0) {
                last = variant;
                if (drawn < weight) {
                    break;
                }
                drawn -= weight;
            }
        }
        return Optional.ofNullable(last);
    }

    void stop(Duration drain) throws InterruptedException {
        for (Variant variant : variants.values()) {
            variant.stop(drain);
        }
    }
}
