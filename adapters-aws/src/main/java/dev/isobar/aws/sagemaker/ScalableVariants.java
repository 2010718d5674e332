package dev.isobar.aws.sagemaker;

import dev.isobar.aws.sagemaker.EndpointConfigs.Variant;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.Resource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.applicationautoscaling.ApplicationAutoScalingClient;
import software.amazon.awssdk.services.applicationautoscaling.model.MetricDimension;
import software.amazon.awssdk.services.applicationautoscaling.model.MetricStatistic;
import software.amazon.awssdk.services.applicationautoscaling.model.ObjectNotFoundException;
import software.amazon.awssdk.services.applicationautoscaling.model.PolicyType;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalableDimension;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalableTarget;
import software.amazon.awssdk.services.applicationautoscaling.model.ServiceNamespace;

/**
 * Variants whose number of instances Application Auto Scaling changes. It tracks {@value Endpoints#P99_METRIC}, which Isobar's servers publish and of which it takes the
 * average over a variant's instances: three minutes above the target add instances, fifteen below nine tenths of it take some away. A variant can be
 * registered only while it is in service, and has to be deregistered before it goes. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html">TargetTrackingScalingPolicyConfiguration</a>
 */
final class ScalableVariants {
    private static final ScalableDimension COUNT = ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT;
    private static final String POLICY = "isobar-p99";
    private static final double MICROS = 1e6;
    // A new instance serves after some minutes; until then the metric cannot say that it was enough.
    private static final int ADD_AGAIN_SECONDS = 300;
    private static final int REMOVE_AGAIN_SECONDS = 300;

    private final ApplicationAutoScalingClient client;
    private final String namespace;

    /**
     * The scaling of an account and region.
     *
     * @param namespace of CloudWatch, where the servers' metrics are
     */
    ScalableVariants(ApplicationAutoScalingClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    /** Makes an endpoint's variants as elastic as they were declared, and no others. */
    void ensure(String endpoint, String sageMakerName, Collection<Variant> variants) {
        Map<String, ScalableTarget> registered = registered(
                variants.stream().map(v -> id(sageMakerName, v.name())).toList());
        for (Variant v : variants) {
            String id = id(sageMakerName, v.name());
            Replicas replicas = v.replicas();
            if (replicas.elastic()) {
                ScalableTarget target = registered.get(id);
                if (target == null
                        || !Objects.equals(target.minCapacity(), replicas.min())
                        || !Objects.equals(target.maxCapacity(), replicas.max())) {
                    client.registerScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                            .resourceId(id)
                            .scalableDimension(COUNT)
                            .minCapacity(replicas.min())
                            .maxCapacity(replicas.max()));
                }
                // Replaces one of the same name, and changes nothing if it is the same.
                track(endpoint, v, id);
            } else if (registered.containsKey(id)) {
                deregister(id);
            }
        }
    }

    private void track(String endpoint, Variant v, String id) {
        client.putScalingPolicy(r -> r.policyName(POLICY)
                .policyType(PolicyType.TARGET_TRACKING_SCALING)
                .serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(id)
                .scalableDimension(COUNT)
                .targetTrackingScalingPolicyConfiguration(t -> t.targetValue(
                                v.replicas().scaleOutP99Micros() / MICROS)
                        .scaleOutCooldown(ADD_AGAIN_SECONDS)
                        .scaleInCooldown(REMOVE_AGAIN_SECONDS)
                        .customizedMetricSpecification(m -> m.namespace(namespace)
                                .metricName(Endpoints.P99_METRIC)
                                .statistic(MetricStatistic.AVERAGE)
                                .dimensions(dimension("deployment", v.name()), dimension("endpoint", endpoint)))));
    }

    private static MetricDimension dimension(String name, String value) {
        return MetricDimension.builder().name(name).value(value).build();
    }

    /** From now on nobody changes the number of these variants' instances. */
    void release(String sageMakerName, Collection<Variant> variants) {
        variants.stream().filter(v -> v.replicas().elastic()).forEach(v -> deregister(id(sageMakerName, v.name())));
    }

    private void deregister(String id) {
        try {
            // Its policies go with it.
            client.deregisterScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                    .resourceId(id)
                    .scalableDimension(COUNT));
        } catch (ObjectNotFoundException e) {
            // Somebody else was faster, or our first answer was lost.
            return;
        }
    }

    private Map<String, ScalableTarget> registered(List<String> ids) {
        return client
                .describeScalableTargetsPaginator(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                        .scalableDimension(COUNT)
                        .resourceIds(ids))
                .scalableTargets()
                .stream()
                .collect(Collectors.toMap(ScalableTarget::resourceId, Function.identity()));
    }

    /** What is registered of the endpoints that have such a name in SageMaker. */
    List<Resource> resources(Predicate<String> ours) {
        List<Resource> resources = new ArrayList<>();
        client
                .describeScalableTargetsPaginator(
                        r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER).scalableDimension(COUNT))
                .scalableTargets()
                .stream()
                .filter(t -> ours.test(t.resourceId().split("/", -1)[1]))
                .forEach(t -> resources.add(new Resource(
                        "scalable target",
                        t.resourceId(),
                        String.valueOf(t.scalableTargetARN()),
                        t.minCapacity() + " to " + t.maxCapacity(),
                        null,
                        Map.of())));
        return resources;
    }

    private static String id(String sageMakerName, String variant) {
        return "endpoint/" + sageMakerName + "/variant/" + variant;
    }
}
