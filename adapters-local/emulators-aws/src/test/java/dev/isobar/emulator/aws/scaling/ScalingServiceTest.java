package dev.isobar.emulator.aws.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.applicationautoscaling.ApplicationAutoScalingClient;
import software.amazon.awssdk.services.applicationautoscaling.model.MetricStatistic;
import software.amazon.awssdk.services.applicationautoscaling.model.ObjectNotFoundException;
import software.amazon.awssdk.services.applicationautoscaling.model.PolicyType;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalableDimension;
import software.amazon.awssdk.services.applicationautoscaling.model.ServiceNamespace;
import software.amazon.awssdk.services.applicationautoscaling.model.TargetTrackingScalingPolicyConfiguration;
import software.amazon.awssdk.services.applicationautoscaling.model.ValidationException;

@DisplayName("Application Auto Scaling")
class ScalingServiceTest {
    private static final String RESOURCE = "endpoint/delays/variant/main";

    @TempDir
    Path folder;

    private EmulatorServer server;
    private ApplicationAutoScalingClient client;

    @BeforeEach
    void up() throws IOException {
        server = EmulatorServer.start(
                0,
                List.of(new ScalingService(
                        "us-east-1",
                        "000000000000",
                        folder,
                        new OneResource(),
                        new NoAlarms(),
                        Clock.systemUTC(),
                        Duration.ofMinutes(1))));
        client = ApplicationAutoScalingClient.builder()
                .endpointOverride(server.uri())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .build();
    }

    @AfterEach
    void down() {
        client.close();
        server.close();
    }

    @Test
    @DisplayName("keeps targets and their policies, over a restart, until they are deregistered")
    void keeps() throws IOException {
        register(RESOURCE, 1, 4);
        String first = put(policy -> {});
        assertThat(put(policy -> policy.scaleInCooldown(60))).isEqualTo(first);
        down();
        up();
        assertThat(client.describeScalableTargets(r ->
                                r.serviceNamespace(ServiceNamespace.SAGEMAKER).resourceIds(RESOURCE))
                        .scalableTargets())
                .singleElement()
                .satisfies(target -> {
                    assertThat(target.minCapacity()).isEqualTo(1);
                    assertThat(target.maxCapacity()).isEqualTo(4);
                });
        assertThat(client.describeScalingPolicies(r ->
                                r.serviceNamespace(ServiceNamespace.SAGEMAKER).resourceId(RESOURCE))
                        .scalingPolicies())
                .singleElement()
                .satisfies(policy -> {
                    var tracking = policy.targetTrackingScalingPolicyConfiguration();
                    assertThat(tracking.targetValue()).isEqualTo(200);
                    assertThat(tracking.scaleInCooldown()).isEqualTo(60);
                    assertThat(tracking.customizedMetricSpecification().metricName())
                            .isEqualTo("p99");
                });
        client.deregisterScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(RESOURCE)
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT));
        assertThat(client.describeScalableTargets(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER))
                        .scalableTargets())
                .isEmpty();
        assertThat(client.describeScalingPolicies(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER))
                        .scalingPolicies())
                .isEmpty();
    }

    @Test
    @DisplayName("refuses what the service refuses")
    void refuses() {
        assertThatThrownBy(() -> put(policy -> {}))
                .isInstanceOf(ObjectNotFoundException.class)
                .hasMessageContaining(
                        "No scalable target registered for service namespace: sagemaker, resource ID: " + RESOURCE);
        assertThatThrownBy(() -> register("endpoint/other/variant/main", 1, 4)).isInstanceOf(ValidationException.class);
        assertThatThrownBy(() -> register("delays", 1, 4)).isInstanceOf(ValidationException.class);
        assertThatThrownBy(() -> register(RESOURCE, 5, 4))
                .hasMessageContaining("Maximum capacity cannot be less than minimum capacity");
        assertThatThrownBy(() -> register(RESOURCE, null, 4)).isInstanceOf(ValidationException.class);
        register(RESOURCE, 1, 4);
        assertThatThrownBy(() -> put(policy -> policy.targetValue(null))).isInstanceOf(ValidationException.class);
        assertThatThrownBy(() -> put(policy -> policy.predefinedMetricSpecification(
                        p -> p.predefinedMetricType("SageMakerVariantInvocationsPerInstance"))))
                .hasMessageContaining("Exactly one of");
        assertThatThrownBy(() -> put(policy -> policy.customizedMetricSpecification(
                        m -> m.metricName("p99").namespace("Isobar").statistic("p99"))))
                .hasMessageContaining(
                        "at 'targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.statistic'");
        assertThatThrownBy(() -> client.deleteScalingPolicy(r -> r.policyName("none")
                        .serviceNamespace(ServiceNamespace.SAGEMAKER)
                        .resourceId(RESOURCE)
                        .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)))
                .isInstanceOf(ObjectNotFoundException.class);
    }

    private void register(String resource, Integer min, Integer max) {
        client.registerScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(resource)
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)
                .minCapacity(min)
                .maxCapacity(max));
    }

    private String put(Consumer<TargetTrackingScalingPolicyConfiguration.Builder> change) {
        return client.putScalingPolicy(r -> r.policyName("latency")
                        .serviceNamespace(ServiceNamespace.SAGEMAKER)
                        .resourceId(RESOURCE)
                        .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)
                        .policyType(PolicyType.TARGET_TRACKING_SCALING)
                        .targetTrackingScalingPolicyConfiguration(tracking -> {
                            tracking.targetValue(200.0)
                                    .customizedMetricSpecification(m -> m.metricName("p99")
                                            .namespace("Isobar")
                                            .statistic(MetricStatistic.AVERAGE));
                            change.accept(tracking);
                        }))
                .policyARN();
    }

    private static final class OneResource implements ScalableResources {
        @Override
        public Optional<Capacity> find(String resource) {
            return resource.equals(RESOURCE) ? Optional.of(new Capacity(true, 1, null)) : Optional.empty();
        }

        @Override
        public void change(String resource, int capacity) {
            throw new AssertionError("nothing is out of bounds");
        }
    }

    private static final class NoAlarms implements MetricAlarms {
        @Override
        public String put(ObjectNode alarm) {
            return "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"
                    + alarm.path("AlarmName").asText();
        }

        @Override
        public void delete(List<String> names) {
            // they are nowhere
        }

        @Override
        public OptionalDouble breach(String name) {
            return OptionalDouble.empty();
        }
    }
}
