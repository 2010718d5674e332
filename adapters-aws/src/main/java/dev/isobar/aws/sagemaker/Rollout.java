package dev.isobar.aws.sagemaker;

import dev.isobar.aws.sagemaker.EndpointConfigs.Variant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.DescribeEndpointResponse;
import software.amazon.awssdk.services.sagemaker.model.DesiredWeightAndCapacity;
import software.amazon.awssdk.services.sagemaker.model.EndpointStatus;
import software.amazon.awssdk.services.sagemaker.model.ProductionVariantSummary;

/**
 * Brings an endpoint from what it is to what was declared, one step at a time, each safe by itself:
 *
 * <ol>
 *   <li>new variants join with weight 0, beside all that serve now;
 *   <li>each is asked which model it serves, by name and past the weights; only if all are right
 *   <li>weights and instance counts change;
 *   <li>variants that are no longer named leave.
 * </ol>
 *
 * <p>What was declared is an endpoint configuration whose name is a tag of the endpoint, so any process can see how far it is. Thread safe.
 */
final class Rollout {
    /** Tag with the name of the configuration that was declared. */
    static final String DECLARED = "isobar:declared";

    private final SageMakerClient client;
    private final EndpointConfigs configs;
    private final ScalableVariants scalable;
    private final DigestProbe probe;

    Rollout(SageMakerClient client, EndpointConfigs configs, ScalableVariants scalable, DigestProbe probe) {
        this.client = client;
        this.scalable = scalable;
        this.configs = configs;
        this.probe = probe;
    }

    /**
     * An endpoint as it is, beside what was declared.
     *
     * @param name what the port calls it
     * @param running variants of the configuration it has, by name
     * @param declared variants that were asked for, by name
     */
    record State(
            String name,
            DescribeEndpointResponse endpoint,
            Map<String, String> tags,
            Map<String, Variant> running,
            Map<String, Variant> declared) {
        boolean inService() {
            return endpoint.endpointStatus() == EndpointStatus.IN_SERVICE;
        }

        /** Names of the configuration that runs and of the one that was declared. */
        Set<String> configs() {
            Set<String> configs = new TreeSet<>();
            configs.add(endpoint.endpointConfigName());
            configs.add(tags.getOrDefault(DECLARED, endpoint.endpointConfigName()));
            return configs;
        }

        /** As observed, or null while SageMaker shows none. */
        @Nullable
        ProductionVariantSummary observed(String variant) {
            return endpoint.productionVariants().stream()
                    .filter(v -> v.variantName().equals(variant))
                    .findFirst()
                    .orElse(null);
        }

        Set<String> missing() {
            return declared.keySet().stream()
                    .filter(d -> !running.containsKey(d))
                    .collect(Collectors.toSet());
        }

        Set<String> leaving() {
            return running.keySet().stream()
                    .filter(r -> !declared.containsKey(r))
                    .collect(Collectors.toSet());
        }

        /** Whether weights and instance counts, as observed, are as declared. */
        boolean shared() {
            for (String name : running.keySet()) {
                ProductionVariantSummary seen = observed(name);
                Variant wanted = declared.get(name);
                if (seen == null
                        || weight(seen.currentWeight()) != (wanted == null ? 0 : wanted.weight())
                        || wanted != null
                                && !wanted.replicas()
                                        .allow(seen.currentInstanceCount() == null ? 0 : seen.currentInstanceCount())) {
                    return false;
                }
            }
            return true;
        }
    }

    static int weight(@Nullable Float weight) {
        return weight == null ? 0 : Math.round(weight);
    }

    State state(String name, DescribeEndpointResponse endpoint, Map<String, String> tags) {
        return new State(
                name,
                endpoint,
                tags,
                byName(configs.variants(endpoint.endpointConfigName())),
                byName(configs.variants(tags.getOrDefault(DECLARED, endpoint.endpointConfigName()))));
    }

    private static Map<String, Variant> byName(List<Variant> variants) {
        Map<String, Variant> map = new TreeMap<>();
        variants.forEach(v -> map.put(v.name(), v));
        return map;
    }

    /** What a variant of the running configuration says of its model; null while it cannot be asked. */
    DigestProbe.@Nullable Answer answer(State state, String variant) {
        Variant running = state.running().get(variant);
        return running == null || !state.inService() && state.endpoint().endpointStatus() != EndpointStatus.UPDATING
                ? null
                : probe.ask(
                        state.endpoint().endpointName(),
                        String.valueOf(state.endpoint().creationTime()),
                        variant,
                        running.model());
    }

    /** Whether a variant runs and serves the model that it should. */
    boolean right(State state, String variant) {
        DigestProbe.Answer answer = answer(state, variant);
        Variant running = state.running().get(variant);
        return answer != null
                && running != null
                && configs.digest(running.model()).equals(answer.digest());
    }

    boolean settled(State state) {
        return state.inService()
                && state.missing().isEmpty()
                && state.leaving().isEmpty()
                && state.shared()
                && state.declared().keySet().stream().allMatch(d -> right(state, d));
    }

    /**
     * Takes the next step, if there is one to take now.
     *
     * @param again whether to try again what SageMaker has rolled back
     */
    void advance(State state, boolean again) {
        if (!state.inService()) {
            return;
        }
        if (!state.missing().isEmpty()) {
            if (again || state.endpoint().failureReason() == null) {
                join(state);
            }
            return;
        }
        if (!state.declared().keySet().stream().allMatch(d -> right(state, d))) {
            return;
        }
        if (!state.shared()) {
            share(state);
        } else if (!state.leaving().isEmpty()) {
            scalable.release(
                    state.endpoint().endpointName(),
                    state.running().values().stream()
                            .filter(v -> !state.declared().containsKey(v.name()))
                            .toList());
            update(state, Objects.requireNonNull(state.tags().get(DECLARED)));
        }
    }

    /** New variants beside all that run, and no traffic for them. */
    private void join(State state) {
        List<Variant> stage = new ArrayList<>();
        state.running().values().forEach(v -> {
            ProductionVariantSummary seen = state.observed(v.name());
            stage.add(seen == null ? v : v.standing(seen.desiredInstanceCount(), weight(seen.desiredWeight())));
        });
        state.missing().forEach(name -> {
            Variant v = Objects.requireNonNull(state.declared().get(name));
            stage.add(v.standing(v.instances(), 0));
        });
        stage.sort(Comparator.comparing(Variant::name));
        update(state, configs.make(state.name(), ResourceTags.labels(state.tags()), stage));
    }

    private void update(State state, String config) {
        unlessUnderWay(
                state,
                () -> client.updateEndpoint(
                        // What was scaled meanwhile stays; weights are as declared before a variant leaves.
                        r -> r.endpointName(state.endpoint().endpointName())
                                .endpointConfigName(config)
                                .retainAllVariantProperties(true)));
    }

    private void share(State state) {
        List<DesiredWeightAndCapacity> wanted = new ArrayList<>();
        state.running().keySet().forEach(name -> {
            Variant declared = state.declared().get(name);
            wanted.add(DesiredWeightAndCapacity.builder()
                    .variantName(name)
                    .desiredWeight(declared == null ? 0f : (float) declared.weight())
                    .desiredInstanceCount(declared == null ? null : correction(declared, state.observed(name)))
                    .build());
        });
        unlessUnderWay(
                state,
                () -> client.updateEndpointWeightsAndCapacities(
                        r -> r.endpointName(state.endpoint().endpointName()).desiredWeightsAndCapacities(wanted)));
    }

    /** The number of instances to ask for; null leaves it: an elastic variant's are Auto Scaling's to count, within their bounds. */
    private static @Nullable Integer correction(Variant declared, @Nullable ProductionVariantSummary seen) {
        Integer now = seen == null ? null : seen.desiredInstanceCount();
        return now != null && declared.replicas().allow(now)
                ? null
                : Integer.valueOf(declared.replicas().min());
    }

    /** An update that is under way refuses another: somebody else's, or our own whose answer was lost. */
    private void unlessUnderWay(State state, Runnable update) {
        try {
            update.run();
        } catch (SdkException e) {
            if (SageMakerErrors.refusal(e).isEmpty()
                    || client.describeEndpoint(
                                            r -> r.endpointName(state.endpoint().endpointName()))
                                    .endpointStatus()
                            == EndpointStatus.IN_SERVICE) {
                throw e;
            }
        }
    }
}
