package dev.isobar.emulator.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.emulator.aws.cloudwatch.CloudWatchService;
import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.sagemaker.Alarms;
import dev.isobar.emulator.aws.sagemaker.SageMaker;
import dev.isobar.emulator.aws.sagemaker.SageMakerSettings;
import dev.isobar.emulator.aws.sagemaker.TinyContainer;
import dev.isobar.emulator.aws.scaling.ScalingService;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.applicationautoscaling.ApplicationAutoScalingClient;
import software.amazon.awssdk.services.applicationautoscaling.model.MetricStatistic;
import software.amazon.awssdk.services.applicationautoscaling.model.PolicyType;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalableDimension;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalableTarget;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalingActivity;
import software.amazon.awssdk.services.applicationautoscaling.model.ScalingActivityStatusCode;
import software.amazon.awssdk.services.applicationautoscaling.model.ServiceNamespace;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatch.model.MetricDatum;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.DescribeEndpointResponse;
import software.amazon.awssdk.services.sagemaker.model.EndpointStatus;
import software.amazon.awssdk.services.sagemaker.model.SageMakerException;

/** Three emulated services with minutes of a fifth of a second, and processes for instances. */
@DisplayName("An endpoint that is scaled")
class ScaledEndpointsTest {
    private static final Duration MINUTE = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tiny:1";

    @TempDir
    static Path folder;

    private static EmulatorServer s3;
    private static LogStore logs;
    private static SageMaker emulator;
    private static ScalingService scaling;
    private static EmulatorServer server;
    private static SageMakerClient sageMaker;
    private static CloudWatchClient cloudWatch;
    private static ApplicationAutoScalingClient client;

    @BeforeAll
    static void up() throws IOException {
        s3 = EmulatorServer.start(0, List.of(new S3Service(folder.resolve("s3"))));
        logs = LogStore.open(folder.resolve("logs"));
        Path images = folder.resolve("images.json");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                Path.of("target/test-classes").toAbsolutePath().toString(),
                TinyContainer.class.getName());
        Files.write(
                images,
                JsonMapper.builder()
                        .build()
                        .writeValueAsBytes(Map.of("images", Map.of(IMAGE, Map.of("command", command)))));
        emulator = SageMaker.open(
                SageMakerSettings.of("us-east-1", "000000000000", folder.resolve("sagemaker"), s3.uri(), images)
                        .with(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(20)),
                logs,
                Alarms.NONE);
        List<WireService> services = new ArrayList<>(emulator.services());
        // What it takes to have scaling and metrics beside SageMaker:
        CloudWatchService metrics = CloudWatchService.inMemory(Clock.systemUTC(), MINUTE);
        scaling = ScaledEndpoints.open("us-east-1", "000000000000", folder.resolve("scaling"), emulator, metrics);
        services.addAll(List.of(metrics, scaling));
        server = EmulatorServer.start(0, services);
        sageMaker = client(SageMakerClient.builder(), server.uri());
        cloudWatch = client(CloudWatchClient.builder(), server.uri());
        client = client(ApplicationAutoScalingClient.builder(), server.uri());
        sageMaker.createModel(r -> r.modelName("tiny")
                .executionRoleArn("arn:aws:iam::000000000000:role/isobar-test")
                .primaryContainer(c -> c.image(IMAGE)));
        sageMaker.createModel(r -> r.modelName("tiny2")
                .executionRoleArn("arn:aws:iam::000000000000:role/isobar-test")
                .primaryContainer(c -> c.image(IMAGE)));
        config("tiny", "main", "tiny", "ml.m5.large");
        config("model", "main", "tiny2", "ml.m5.large");
        config("larger", "main", "tiny", "ml.m5.xlarge");
        config("other", "second", "tiny", "ml.m5.large");
    }

    @AfterAll
    static void down() throws IOException {
        client.close();
        cloudWatch.close();
        sageMaker.close();
        server.close();
        scaling.close();
        emulator.close();
        logs.close();
        s3.close();
    }

    @Test
    @DisplayName(
            "grows to its maximum while its metric is high, shrinks to its minimum, and is left alone when it is deregistered")
    void growsAndShrinks() {
        create("grow");
        register("grow", 1, 3);
        track("grow");
        Awaitility.await().atMost(PATIENCE).pollInterval(MINUTE.dividedBy(2)).untilAsserted(() -> {
            publish("grow", 150);
            assertThat(running("grow")).isEqualTo(3);
        });
        // More would come in the next minutes; the activities say that none was even begun.
        Awaitility.await().atMost(PATIENCE).pollInterval(MINUTE.dividedBy(2)).until(() -> {
            publish("grow", 350);
            return cloudWatch
                            .describeAlarms(
                                    r -> r.alarmNamePrefix("TargetTracking-endpoint/grow/variant/main-AlarmHigh"))
                            .metricAlarms()
                            .get(0)
                            .stateValueAsString()
                            .equals("ALARM")
                    && describe("grow").endpointStatus() == EndpointStatus.IN_SERVICE;
        });
        scaling.evaluate();
        assertThat(activities("grow"))
                .extracting(ScalingActivity::description)
                .containsExactly("Setting desired instance count to 3.", "Setting desired instance count to 2.");
        Awaitility.await().atMost(PATIENCE).pollInterval(MINUTE.dividedBy(2)).untilAsserted(() -> {
            publish("grow", 10);
            assertThat(running("grow")).isEqualTo(1);
        });
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(activities("grow"))
                        .allSatisfy(activity -> {
                            assertThat(activity.statusCode()).isEqualTo(ScalingActivityStatusCode.SUCCESSFUL);
                            assertThat(activity.cause())
                                    .startsWith("monitor alarm TargetTracking-endpoint/grow/variant/main-Alarm");
                        })
                        .hasSize(3));
        client.deregisterScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(id("grow"))
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT));
        assertThat(cloudWatch
                        .describeAlarms(r -> r.alarmNamePrefix("TargetTracking-endpoint/grow/"))
                        .metricAlarms())
                .isEmpty();
        for (int i = 0; i < 5; i++) {
            publish("grow", 900);
            scaling.evaluate();
        }
        assertThat(activities("grow")).hasSize(3);
        assertThat(describe("grow").endpointStatus()).isEqualTo(EndpointStatus.IN_SERVICE);
        sageMaker.deleteEndpoint(r -> r.endpointName("grow"));
    }

    @Test
    @DisplayName(
            "keeps its variants and their instance types, may change its model, and takes its target along when it is deleted")
    void updatedAndDeleted() {
        create("kept");
        register("kept", 1, 3);
        track("kept");
        for (String refused : List.of("larger", "other")) {
            assertThatThrownBy(() ->
                            sageMaker.updateEndpoint(r -> r.endpointName("kept").endpointConfigName(refused)))
                    .isInstanceOf(SageMakerException.class)
                    .hasMessageContaining("must be deregistered as scalable target(s)");
        }
        sageMaker.updateEndpoint(r -> r.endpointName("kept").endpointConfigName("model"));
        assertThat(settled("kept").endpointConfigName()).isEqualTo("model");
        assertThat(targets()).contains(id("kept"));
        sageMaker.deleteEndpoint(r -> r.endpointName("kept"));
        assertThat(targets()).doesNotContain(id("kept"));
        assertThat(cloudWatch
                        .describeAlarms(r -> r.alarmNamePrefix("TargetTracking-endpoint/kept/"))
                        .metricAlarms())
                .isEmpty();
    }

    private static <B extends AwsClientBuilder<B, C>, C> C client(B builder, URI endpoint) {
        return builder.endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .build();
    }

    private static void config(String name, String variant, String model, String type) {
        sageMaker.createEndpointConfig(r -> r.endpointConfigName(name)
                .productionVariants(v -> v.variantName(variant)
                        .modelName(model)
                        .instanceType(type)
                        .initialInstanceCount(1)));
    }

    private static void create(String name) {
        sageMaker.createEndpoint(r -> r.endpointName(name).endpointConfigName("tiny"));
        assertThat(settled(name).endpointStatus()).isEqualTo(EndpointStatus.IN_SERVICE);
    }

    private static DescribeEndpointResponse settled(String name) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> describe(name), endpoint -> switch (endpoint.endpointStatus()) {
                    case IN_SERVICE, FAILED -> true;
                    default -> false;
                });
    }

    private static DescribeEndpointResponse describe(String name) {
        return sageMaker.describeEndpoint(r -> r.endpointName(name));
    }

    private static int running(String name) {
        return describe(name).productionVariants().get(0).currentInstanceCount();
    }

    /** For now and the quarter of an hour before, so that a slow machine leaves no gaps. */
    private static void publish(String endpoint, double value) {
        Instant now = Instant.now();
        List<MetricDatum> data = IntStream.range(0, 16)
                .mapToObj(minute -> MetricDatum.builder()
                        .metricName("p99")
                        .dimensions(x -> x.name("endpoint").value(endpoint))
                        .timestamp(now.minus(MINUTE.multipliedBy(minute)))
                        .value(value)
                        .build())
                .toList();
        cloudWatch.putMetricData(r -> r.namespace("Isobar").metricData(data));
    }

    private static String id(String endpoint) {
        return "endpoint/" + endpoint + "/variant/main";
    }

    private static List<String> targets() {
        return client
                .describeScalableTargets(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER))
                .scalableTargets()
                .stream()
                .map(ScalableTarget::resourceId)
                .toList();
    }

    private static List<ScalingActivity> activities(String endpoint) {
        return client.describeScalingActivities(
                        r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER).resourceId(id(endpoint)))
                .scalingActivities();
    }

    private static void register(String endpoint, int min, int max) {
        client.registerScalableTarget(r -> r.serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(id(endpoint))
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)
                .minCapacity(min)
                .maxCapacity(max));
    }

    private static void track(String endpoint) {
        client.putScalingPolicy(r -> r.policyName("latency")
                .serviceNamespace(ServiceNamespace.SAGEMAKER)
                .resourceId(id(endpoint))
                .scalableDimension(ScalableDimension.SAGEMAKER_VARIANT_DESIRED_INSTANCE_COUNT)
                .policyType(PolicyType.TARGET_TRACKING_SCALING)
                .targetTrackingScalingPolicyConfiguration(tracking -> tracking.targetValue(100.0)
                        .scaleOutCooldown(60)
                        .scaleInCooldown(60)
                        .customizedMetricSpecification(m -> m.metricName("p99")
                                .namespace("Isobar")
                                .dimensions(d -> d.name("endpoint").value(endpoint))
                                .statistic(MetricStatistic.AVERAGE))));
    }
}
