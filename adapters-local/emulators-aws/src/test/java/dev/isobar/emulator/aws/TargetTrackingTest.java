package dev.isobar.emulator.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.emulator.aws.cloudwatch.CloudWatchService;
import dev.isobar.emulator.aws.scaling.ScalableResources;
import dev.isobar.emulator.aws.scaling.ScalingService;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.applicationautoscaling.ApplicationAutoScalingClient;
import software.amazon.awssdk.services.applicationautoscaling.model.Alarm;
import software.amazon.awssdk.services.applicationautoscaling.model.MetricStatistic;
import software.amazon.awssdk.services.applicationautoscaling.model.PolicyType;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalableDimension;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalingActivity;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalingActivityStatusCode;
import software.amazon.awssdk.services.applicationautoscaling.model.ServiceNamespace;
import software.amazon.awssdk.services.applicationautoscaling.model.SuspendedState;
import software.amazon.awssdk.services.applicationautoscaling.model.TargetTrackingScalingPolicyConfiguration;
import software.amazon.awssdk.services.applicationautoscaling.model.ValidationException;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatch.model.ComparisonOperator;
import software.amazon.awssdk.services.cloudwatch.model.MetricAlarm;
import software.amazon.awssdk.services.cloudwatch.model.StateValue;

/** Minute by minute, on a clock that the test moves; what is scaled is a number. */
@DisplayName("Target tracking")
class TargetTrackingTest {
    private static final String RESOURCE = "endpoint/delays/variant/main";
    private static final double TARGET = 100;

    @TempDir
    Path folder;

    private final MovedClock clock = new MovedClock();
    private final Number instances = new Number();
    private final CloudWatchService cloudWatch = CloudWatchService.inMemory(clock);
    private ScalingService scaling;
    private EmulatorServer server;
    private ApplicationAutoScalingClient client;
    private CloudWatchClient metrics;

    @BeforeEach
    void up() throws IOException {
        scaling = new ScalingService(
                "us-east-1",
                "000000000000",
                folder,
                instances,
                ScaledEndpoints.alarms(cloudWatch),
                clock,
                Duration.ofMinutes(1));
        server = EmulatorServer.start(0, List.of(scaling, cloudWatch));
        var credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret"));
        client = ApplicationAutoScalingClient.builder()
                .endpointOverride(server.uri())
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials)
                .build();
        metrics = CloudWatchClient.builder()
                .endpointOverride(server.uri())
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials)
                .build();
    }

    @AfterEach
    void down() {
        client.close();
        metrics.close();
        server.close();
        scaling.close();
    }

    @Test
    @DisplayName("adds in proportion after three minutes above the target, to the maximum and not beyond")
    void out() {
        instances.count = 2;
        register(1, 6);
        put("p", policy -> policy.scaleOutCooldown(0));
        minutes(2, 150);
        assertThat(instances.count).isEqualTo(2);
        minutes(1, 150);
        assertThat(instances.count).isEqualTo(3);
        minutes(1, 450);
        assertThat(instances.count).isEqualTo(6);
        minutes(5, 450);
        assertThat(instances.count).isEqualTo(6);
        List<ScalingActivity> activities = activities();
        assertThat(activities)
                .extracting(ScalingActivity::description)
                .containsExactly("Setting desired instance count to 6.", "Setting desired instance count to 3.");
        assertThat(activities)
                .allSatisfy(activity -> {
                    assertThat(activity.resourceId()).isEqualTo(RESOURCE);
                    assertThat(activity.statusCode()).isEqualTo(ScalingActivityStatusCode.SUCCESSFUL);
                    assertThat(activity.endTime()).isAfterOrEqualTo(activity.startTime());
                    assertThat(activity.cause())
                            .isEqualTo("monitor alarm " + alarms("p").get(0).alarmName()
                                    + " in state ALARM triggered policy p");
                })
                .first()
                .satisfies(activity -> assertThat(activity.statusMessage())
                        .isEqualTo("Successfully set desired instance count to 6. Change successfully fulfilled by"
                                + " sagemaker."));
    }

    @Test
    @DisplayName("does not add twice within the cooldown, unless the metric has risen further")
    void outCooldown() {
        instances.count = 2;
        register(1, 20);
        put("p", policy -> policy.scaleOutCooldown(600));
        minutes(8, 150);
        assertThat(instances.count).isEqualTo(3);
        minutes(2, 250);
        assertThat(instances.count).as("of the two before, not of the three").isEqualTo(5);
        minutes(8, 150);
        assertThat(instances.count).isEqualTo(5);
        minutes(3, 150);
        assertThat(instances.count).as("after ten minutes, of the five").isEqualTo(8);
    }

    @Test
    @DisplayName(
            "takes in proportion after fifteen minutes below nine tenths of the target, to the minimum and not beyond")
    void in() {
        instances.count = 10;
        register(2, 10);
        put("p", policy -> policy.scaleInCooldown(300));
        minutes(20, 91);
        assertThat(instances.count).isEqualTo(10);
        minutes(14, 45);
        assertThat(instances.count).isEqualTo(10);
        minutes(1, 45);
        assertThat(instances.count).isEqualTo(5);
        minutes(5, 45);
        assertThat(instances.count).as("within the cooldown").isEqualTo(5);
        minutes(3, 45);
        assertThat(instances.count).isEqualTo(3);
        minutes(30, 1);
        assertThat(instances.count).isEqualTo(2);
        assertThat(activities())
                .first()
                .satisfies(activity -> assertThat(activity.cause())
                        .isEqualTo("monitor alarm " + alarms("p").get(1).alarmName()
                                + " in state ALARM triggered policy p"));
    }

    @Test
    @DisplayName("takes nothing if the policy must not, and nothing that is suspended")
    void notIn() {
        instances.count = 4;
        register(1, 8);
        put("p", policy -> policy.disableScaleIn(true).scaleOutCooldown(0));
        minutes(20, 10);
        assertThat(instances.count).isEqualTo(4);
        put("p", policy -> policy.scaleOutCooldown(0).scaleInCooldown(0));
        suspend(SuspendedState.builder().dynamicScalingInSuspended(true).build());
        minutes(5, 10);
        assertThat(instances.count).isEqualTo(4);
        suspend(SuspendedState.builder()
                .dynamicScalingInSuspended(false)
                .dynamicScalingOutSuspended(true)
                .build());
        minutes(1, 10);
        assertThat(instances.count).isEqualTo(1);
        minutes(5, 1000);
        assertThat(instances.count).isEqualTo(1);
        suspend(SuspendedState.builder().dynamicScalingOutSuspended(false).build());
        assertThat(client.describeScalableTargets(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER))
                        .scalableTargets())
                .singleElement()
                .satisfies(target -> assertThat(target.suspendedState())
                        .isEqualTo(SuspendedState.builder()
                                .dynamicScalingInSuspended(false)
                                .dynamicScalingOutSuspended(false)
                                .scheduledScalingSuspended(false)
                                .build()));
        minutes(1, 1000);
        assertThat(instances.count).isEqualTo(8);
    }

    @Test
    @DisplayName("changes nothing where data are missing, nor once they end")
    void noData() {
        instances.count = 2;
        register(1, 8);
        put("p", policy -> policy.scaleOutCooldown(0));
        for (int minute = 0; minute < 20; minute++) {
            pass();
        }
        assertThat(described("p"))
                .allSatisfy(alarm -> assertThat(alarm.stateValue()).isEqualTo(StateValue.INSUFFICIENT_DATA));
        minutes(2, 500);
        for (int minute = 0; minute < 20; minute++) {
            pass();
        }
        assertThat(instances.count).isEqualTo(2);
        assertThat(activities()).isEmpty();
    }

    @Test
    @DisplayName("has two alarms that CloudWatch lists, and that go with the policy or its target")
    void alarmsOfPolicies() {
        register(1, 8);
        List<Alarm> made = put("p", policy -> {});
        assertThat(made)
                .extracting(Alarm::alarmName)
                .satisfiesExactly(
                        high -> assertThat(high).matches("TargetTracking-" + RESOURCE + "-AlarmHigh-[0-9a-f-]{36}"),
                        low -> assertThat(low).matches("TargetTracking-" + RESOURCE + "-AlarmLow-[0-9a-f-]{36}"));
        assertThat(alarms("p")).isEqualTo(made);
        minutes(3, 150);
        assertThat(described("p"))
                .satisfiesExactly(
                        high -> {
                            assertThat(high.alarmArn()).isEqualTo(made.get(0).alarmARN());
                            assertThat(high.stateValue()).isEqualTo(StateValue.ALARM);
                            assertThat(high.threshold()).isEqualTo(TARGET);
                            assertThat(high.comparisonOperator()).isEqualTo(ComparisonOperator.GREATER_THAN_THRESHOLD);
                            assertThat(high.evaluationPeriods()).isEqualTo(3);
                            assertThat(high.dimensions())
                                    .singleElement()
                                    .satisfies(dimension ->
                                            assertThat(dimension.value()).isEqualTo("main"));
                        },
                        low -> {
                            assertThat(low.stateValue()).isEqualTo(StateValue.OK);
                            assertThat(low.threshold()).isEqualTo(TARGET * 0.9);
                            assertThat(low.comparisonOperator()).isEqualTo(ComparisonOperator.LESS_THAN_THRESHOLD);
                            assertThat(low.evaluationPeriods()).isEqualTo(15);
                        });
        put("q", policy -> {});
        put("p", policy -> policy.targetValue(7.0));
        assertThat(described("p").get(0).threshold()).isEqualTo(7);
        assertThat(metrics.describeAlarms().metricAlarms()).hasSize(4);
        client.deleteScalingPolicy(r -> r.policyName("p")
                .serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(RESOURCE)
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT));
        assertThat(metrics.describeAlarms().metricAlarms())
                .extracting(MetricAlarm::alarmName)
                .containsExactlyElementsOf(
                        alarms("q").stream().map(Alarm::alarmName).toList());
        int before = instances.count;
        deregister();
        assertThat(metrics.describeAlarms().metricAlarms()).isEmpty();
        minutes(10, 900);
        assertThat(instances.count).isEqualTo(before);
    }

    @Test
    @DisplayName("follows, of several policies, the one that wants most, and takes only if all want to")
    void several() {
        instances.count = 4;
        register(1, 40);
        put("p", policy -> policy.scaleOutCooldown(0).scaleInCooldown(0));
        put("q", policy -> policy.targetValue(50.0).scaleOutCooldown(0).scaleInCooldown(0));
        minutes(3, 200);
        assertThat(instances.count).as("fourfold, by q").isEqualTo(16);
        minutes(20, 48);
        assertThat(instances.count).as("for q it is not low").isEqualTo(16);
        minutes(15, 25);
        assertThat(instances.count).as("half, by q, and not a quarter").isEqualTo(8);
    }

    @Test
    @DisplayName("brings a variant inside its bounds when it is registered, or as soon as it can be changed")
    void bounds() {
        instances.count = 1;
        register(2, 4);
        assertThat(instances.count).isEqualTo(2);
        instances.count = 9;
        instances.settled = false;
        register(3, 5);
        pass();
        assertThat(instances.count).isEqualTo(9);
        instances.settled = true;
        pass();
        assertThat(instances.count).isEqualTo(5);
        instances.count = 7;
        pass();
        assertThat(instances.count).as("by another's hand").isEqualTo(7);
        assertThat(activities())
                .extracting(ScalingActivity::cause)
                .containsExactly("maximum capacity was set to 5", "minimum capacity was set to 2");
    }

    @Test
    @DisplayName("says what failed and why, and tries again")
    void failures() {
        instances.count = 2;
        register(1, 8);
        put("p", policy -> policy.scaleOutCooldown(0));
        instances.refusal = "no more of these";
        minutes(3, 200);
        assertThat(activities()).singleElement().satisfies(activity -> {
            assertThat(activity.statusCode()).isEqualTo(ScalingActivityStatusCode.FAILED);
            assertThat(activity.statusMessage())
                    .isEqualTo("Failed to set desired instance count to 4. Reason: no more of these");
        });
        instances.refusal = null;
        instances.settled = false;
        pass();
        assertThat(instances.count).isEqualTo(2);
        instances.settled = true;
        publish(200);
        scaling.evaluate();
        assertThat(instances.count).isEqualTo(4);
        assertThat(activities())
                .first()
                .satisfies(
                        activity -> assertThat(activity.statusCode()).isEqualTo(ScalingActivityStatusCode.IN_PROGRESS));
        instances.count = 2;
        instances.failure = "it did not start";
        // or it would be tried again
        client.deleteScalingPolicy(r -> r.policyName("p")
                .serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(RESOURCE)
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT));
        pass();
        assertThat(activities())
                .first()
                .satisfies(activity -> assertThat(activity.statusMessage())
                        .isEqualTo("Failed to set desired instance count to 4. Reason: it did not start"));
    }

    @Test
    @DisplayName("goes on after a restart, with alarms and cooldowns as they were")
    void restart() throws IOException {
        instances.count = 2;
        register(1, 40);
        put("p", policy -> policy.scaleOutCooldown(600));
        minutes(3, 200);
        assertThat(instances.count).isEqualTo(4);
        List<Alarm> before = alarms("p");
        metrics.deleteAlarms(
                r -> r.alarmNames(before.stream().map(Alarm::alarmName).toList()));
        down();
        up();
        assertThat(described("p"))
                .extracting(MetricAlarm::alarmName)
                .containsExactlyElementsOf(before.stream().map(Alarm::alarmName).toList());
        minutes(8, 200);
        assertThat(instances.count).isEqualTo(4);
        minutes(3, 200);
        assertThat(instances.count).isEqualTo(8);
    }

    @Test
    @DisplayName("pages its activities, and refuses what it does not do")
    void refuses() {
        instances.count = 1;
        register(2, 9);
        clock.now = clock.now.plusSeconds(1);
        register(3, 9);
        assertThat(client.describeScalingActivitiesPaginator(r ->
                                r.serviceNamespace(ServiceNamespace.SAGEMAKER).maxResults(1))
                        .scalingActivities())
                .extracting(ScalingActivity::cause)
                .containsExactly("minimum capacity was set to 3", "minimum capacity was set to 2");
        assertThat(client.describeScalingActivities(r ->
                                r.serviceNamespace(ServiceNamespace.SAGEMAKER).resourceId("endpoint/x/variant/y"))
                        .scalingActivities())
                .isEmpty();
        assertThatThrownBy(() -> client.describeScalingActivities(
                        r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER).maxResults(51)))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining("at 'maxResults' failed to satisfy constraint");
        assertThatThrownBy(() -> client.describeScalingActivities(r -> r.resourceId(RESOURCE)))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining("Value null at 'serviceNamespace'");
        assertThatThrownBy(() -> register(0, 9)).hasMessageContaining("MinCapacity must be at least 1");
        assertThatThrownBy(() ->
                        put(
                                "p",
                                policy -> policy.customizedMetricSpecification((software.amazon.awssdk.services
                                                        .applicationautoscaling.model.CustomizedMetricSpecification)
                                                null)
                                        .predefinedMetricSpecification(m -> m.predefinedMetricType(
                                                "SageMakerInferenceComponentInvocationsPerCopy"))))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining("SageMakerVariantInvocationsPerInstance only");
    }

    /** So many minutes with a value each. */
    private void minutes(int count, double value) {
        for (int minute = 0; minute < count; minute++) {
            publish(value);
            pass();
        }
    }

    private void publish(double value) {
        metrics.putMetricData(r -> r.namespace("Isobar")
                .metricData(d -> d.metricName("p99")
                        .dimensions(x -> x.name("variant").value("main"))
                        .timestamp(clock.instant())
                        .value(value)));
    }

    /** The end of a minute: what was begun ends too. */
    private void pass() {
        scaling.evaluate();
        clock.now = clock.now.plusSeconds(60);
    }

    private void register(int min, int max) {
        client.registerScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(RESOURCE)
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)
                .minCapacity(min)
                .maxCapacity(max));
    }

    private void suspend(SuspendedState state) {
        client.registerScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(RESOURCE)
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)
                .suspendedState(state));
    }

    private void deregister() {
        client.deregisterScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(RESOURCE)
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT));
    }

    private List<Alarm> put(String name, Consumer<TargetTrackingScalingPolicyConfiguration.Builder> change) {
        return client.putScalingPolicy(r -> r.policyName(name)
                        .serviceNamespace(ServiceNamespace.SAGEMAKER)
                        .resourceId(RESOURCE)
                        .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)
                        .policyType(PolicyType.TARGET_TRACKING_SCALING)
                        .targetTrackingScalingPolicyConfiguration(tracking -> {
                            tracking.targetValue(TARGET)
                                    .customizedMetricSpecification(m -> m.metricName("p99")
                                            .namespace("Isobar")
                                            .dimensions(d -> d.name("variant").value("main"))
                                            .statistic(MetricStatistic.AVERAGE));
                            change.accept(tracking);
                        }))
                .alarms();
    }

    private List<Alarm> alarms(String policy) {
        return client.describeScalingPolicies(
                        r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER).policyNames(policy))
                .scalingPolicies()
                .get(0)
                .alarms();
    }

    /** The high one, then the low one. */
    private List<MetricAlarm> described(String policy) {
        return metrics.describeAlarms(r -> r.alarmNames(
                        alarms(policy).stream().map(Alarm::alarmName).toList()))
                .metricAlarms();
    }

    private List<ScalingActivity> activities() {
        return client.describeScalingActivities(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER))
                .scalingActivities();
    }

    /** What is scaled. */
    private static final class Number implements ScalableResources {
        private volatile int count = 1;
        private volatile boolean settled = true;
        private volatile @Nullable String failure;
        private volatile @Nullable String refusal;

        @Override
        public Optional<Capacity> find(String resource) {
            return resource.equals(RESOURCE) ? Optional.of(new Capacity(settled, count, failure)) : Optional.empty();
        }

        @Override
        public void change(String resource, int capacity) {
            String words = refusal;
            if (words != null) {
                throw ServiceError.validation(words);
            }
            count = capacity;
        }
    }

    private static final class MovedClock extends Clock {
        private volatile Instant now = Instant.parse("2026-03-01T12:00:30Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException("UTC only");
        }
    }
}
