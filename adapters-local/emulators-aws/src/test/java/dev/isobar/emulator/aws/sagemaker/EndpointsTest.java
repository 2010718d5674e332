package dev.isobar.emulator.aws.sagemaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.emulator.aws.objects.S3Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sagemaker.model.DeploymentConfig;
import software.amazon.awssdk.services.sagemaker.model.DescribeEndpointResponse;
import software.amazon.awssdk.services.sagemaker.model.DesiredWeightAndCapacity;
import software.amazon.awssdk.services.sagemaker.model.EndpointStatus;
import software.amazon.awssdk.services.sagemaker.model.ProductionVariant;
import software.amazon.awssdk.services.sagemaker.model.ProductionVariantInstanceType;
import software.amazon.awssdk.services.sagemakerruntime.model.InvokeEndpointResponse;
import software.amazon.awssdk.services.sagemakerruntime.model.ModelErrorException;
import software.amazon.awssdk.services.sagemakerruntime.model.SageMakerRuntimeException;
import software.amazon.awssdk.services.sagemakerruntime.model.ValidationErrorException;

@DisplayName("An endpoint")
class EndpointsTest {
    @TempDir
    static Path folder;

    private static Emulated aws;

    @BeforeAll
    static void up() throws IOException {
        aws = new Emulated(folder);
    }

    @AfterAll
    static void down() throws IOException {
        aws.close();
    }

    @Test
    @DisplayName("answers by a process per instance, shifts by weight and target, and leaves nothing behind")
    void weights() {
        model("blue", Map.of("GREETING", "blue"));
        model("green", Map.of("GREETING", "green"));
        config("both", variant("old", "blue", 1), variant("new", "green", 0));
        create("shift", "both");
        DescribeEndpointResponse endpoint = settled("shift");
        assertThat(endpoint.endpointStatus()).as(endpoint.failureReason()).isEqualTo(EndpointStatus.IN_SERVICE);
        assertThat(counted("shift", 30)).containsOnlyKeys("old");
        assertThat(invoke("shift", "x", "new").body().asUtf8String()).startsWith("green x");
        assertThat(invoke("shift", "x", "new").invokedProductionVariant()).isEqualTo("new");

        weigh("shift", "old", 1.0f, null);
        weigh("shift", "new", 1.0f, null);
        // 200 draws of one half each: fewer than 50 of either would come once in 10^12 runs.
        assertThat(counted("shift", 200))
                .hasEntrySatisfying("new", n -> assertThat(n).isBetween(50, 150));

        weigh("shift", "old", 0.0f, null);
        assertThat(counted("shift", 30)).containsOnlyKeys("new");
        weigh("shift", "new", null, 2);
        DescribeEndpointResponse scaled = settled("shift");
        assertThat(scaled.productionVariants()).anySatisfy(variant -> {
            assertThat(variant.variantName()).isEqualTo("new");
            assertThat(variant.currentInstanceCount()).isEqualTo(2);
            assertThat(variant.desiredInstanceCount()).isEqualTo(2);
            assertThat(variant.currentWeight()).isEqualTo(1f);
        });
        assertThat(containers()).hasSize(3);

        aws.sageMaker.deleteEndpoint(r -> r.endpointName("shift"));
        gone("shift");
        assertThat(containers()).isEmpty();
        assertThat(aws.sageMaker.listEndpoints(r -> r.nameContains("shift")).endpoints())
                .isEmpty();
    }

    @Test
    @DisplayName("unpacks the model's data, and logs under its name")
    void modelData() throws IOException {
        Path model = folder.resolve("packed/model");
        Files.createDirectories(model);
        Files.writeString(model.resolve("model.txt"), "weights");
        try (S3Files files = new S3Files(aws.objects.uri(), "us-east-1")) {
            files.uploadTarGz(model, S3Location.of("s3://isobar-test/models/m.tar.gz"));
        }
        aws.sageMaker.createModel(r -> r.modelName("data")
                .executionRoleArn(Emulated.ROLE)
                .primaryContainer(c -> c.image(Emulated.IMAGE).modelDataUrl("s3://isobar-test/models/m.tar.gz")));
        config("data", variant("main", "data", 1));
        create("data", "data");
        settled("data");
        assertThat(invoke("data", "x", null).body().asUtf8String()).isEqualTo("hello x weights");
        var streams = aws.cloudWatchLogs
                .describeLogStreams(r -> r.logGroupName("/aws/sagemaker/Endpoints/data"))
                .logStreams();
        assertThat(streams)
                .singleElement()
                .satisfies(stream -> assertThat(stream.logStreamName()).matches("main/i-[0-9a-f]{17}"));
        assertThat(aws.cloudWatchLogs
                        .filterLogEvents(r ->
                                r.logGroupName("/aws/sagemaker/Endpoints/data").filterPattern("\"serving as\" hello"))
                        .events())
                .singleElement()
                .satisfies(event -> assertThat(event.message()).isEqualTo("serving as hello"));
        delete("data");
        assertThatThrownBy(() -> aws.sageMaker.createModel(r -> r.modelName("nowhere")
                        .executionRoleArn(Emulated.ROLE)
                        .primaryContainer(c -> c.image(Emulated.IMAGE).modelDataUrl("s3://isobar-test/models/none"))))
                .hasMessageContaining("Could not find model data at s3://isobar-test/models/none.");
    }

    @Test
    @DisplayName("is updated without a failed invocation, and keeps its configuration if the new one does not start")
    void update() {
        model("u1", Map.of("GREETING", "one"));
        model("u2", Map.of("GREETING", "two"));
        model("u3", Map.of("MODE", "exits"));
        config("u1", variant("main", "u1", 1));
        config("u2", variant("main", "u2", 1));
        config("u3", variant("main", "u3", 1));
        create("upd", "u1");
        settled("upd");
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            CompletableFuture<Void> asked = CompletableFuture.runAsync(
                    () -> {
                        while (!over.get()) {
                            assertThat(invoke("upd", "x", null).body().asUtf8String())
                                    .matches("(one|two) x ");
                        }
                    },
                    thread);
            aws.sageMaker.updateEndpoint(r -> r.endpointName("upd").endpointConfigName("u2"));
            assertThatThrownBy(() -> aws.sageMaker.deleteEndpoint(r -> r.endpointName("upd")))
                    .hasMessageContaining(
                            "Cannot update in-progress endpoint \"arn:aws:sagemaker:us-east-1:000000000000:endpoint/upd\".");
            DescribeEndpointResponse updated = settled("upd");
            assertThat(updated.endpointConfigName()).isEqualTo("u2");
            assertThat(invoke("upd", "x", null).body().asUtf8String()).isEqualTo("two x ");
            assertThat(containers()).hasSize(1);

            aws.sageMaker.updateEndpoint(r -> r.endpointName("upd").endpointConfigName("u3"));
            DescribeEndpointResponse kept = settled("upd");
            assertThat(kept.endpointStatus()).isEqualTo(EndpointStatus.IN_SERVICE);
            assertThat(kept.endpointConfigName()).isEqualTo("u2");
            assertThat(kept.failureReason())
                    .startsWith("The primary container for production variant main did not pass the ping health check."
                            + " Please check CloudWatch logs for this endpoint.");
            over.set(true);
            asked.join();
        } finally {
            over.set(true);
            thread.shutdown();
        }
        delete("upd");
    }

    @Test
    @DisplayName("goes over step by step, and back when an alarm goes off")
    void canary() {
        model("c1", Map.of("GREETING", "one"));
        model("c2", Map.of("GREETING", "two"));
        config("c1", variant("main", "c1", 1));
        config("c2", variant("main", "c2", 1));
        create("canary", "c1");
        settled("canary");
        DeploymentConfig canary = DeploymentConfig.builder()
                .blueGreenUpdatePolicy(p -> p.trafficRoutingConfiguration(t -> t.type("CANARY")
                        .canarySize(c -> c.type("CAPACITY_PERCENT").value(50))
                        .waitIntervalInSeconds(600)))
                .autoRollbackConfiguration(a -> a.alarms(alarm -> alarm.alarmName("too-slow")))
                .build();
        aws.sageMaker.updateEndpoint(
                r -> r.endpointName("canary").endpointConfigName("c2").deploymentConfig(canary));
        Emulated.await()
                .until(() -> invoke("canary", "x", null).body().asUtf8String().startsWith("two"));
        Emulated.await()
                .until(() -> invoke("canary", "x", null).body().asUtf8String().startsWith("one"));
        aws.alarms.add("too-slow");
        DescribeEndpointResponse back = settled("canary");
        assertThat(back.endpointConfigName()).isEqualTo("c1");
        assertThat(back.failureReason()).contains("too-slow");
        assertThat(containers()).hasSize(1);
        Emulated.refused(
                () -> aws.sageMaker.updateEndpoint(r -> r.endpointName("canary")
                        .endpointConfigName("c2")
                        .deploymentConfig(d -> d.blueGreenUpdatePolicy(canary.blueGreenUpdatePolicy())
                                .autoRollbackConfiguration(a -> a.alarms(alarm -> alarm.alarmName("unheard-of"))))),
                "unheard-of");
        delete("canary");
    }

    @Test
    @DisplayName("passes on what the container says, and starts a process again that died")
    void modelErrors() {
        deployed("err", Map.of());
        assertThatThrownBy(() -> invoke("err", "bad", null)).isInstanceOfSatisfying(ModelErrorException.class, e -> {
            assertThat(e.statusCode()).isEqualTo(424);
            assertThat(e.originalStatusCode()).isEqualTo(400);
            assertThat(e.originalMessage()).isEqualTo("no such feature");
            assertThat(e.awsErrorDetails().errorMessage())
                    .startsWith("Received client error (400) from primary with message \"no such feature\". See");
        });
        assertThatThrownBy(() -> invoke("err", "x", "other")).isInstanceOf(ValidationErrorException.class);
        assertThatThrownBy(() -> invoke("missing", "x", null))
                .isInstanceOf(ValidationErrorException.class)
                .hasMessageContaining("Endpoint missing of account 000000000000 not found.");
        assertThatThrownBy(() -> invoke("err", "x".repeat(6 * 1024 * 1024 + 1), null))
                .hasMessageContaining("Member must have length less than or equal to 6291456");
        assertThat(invoke("err", "y".repeat(5 * 1024 * 1024), null).body().asByteArray())
                .hasSizeGreaterThan(5_000_000);
        assertThatThrownBy(() -> invoke("err", "die", null)).isInstanceOf(SageMakerRuntimeException.class);
        Emulated.await()
                .ignoreExceptionsInstanceOf(SageMakerRuntimeException.class)
                .untilAsserted(() -> assertThat(invoke("err", "z", null).body().asUtf8String())
                        .isEqualTo("hello z "));
        delete("err");
    }

    @Test
    @DisplayName("whose container does not come up fails, says why, and leaves no process")
    void fails() {
        DescribeEndpointResponse failed = deployed("sick", Map.of("MODE", "exits"));
        assertThat(failed.endpointStatus()).isEqualTo(EndpointStatus.FAILED);
        assertThat(failed.failureReason()).contains("did not pass the ping health check", "exit code 3");
        assertThat(containers()).isEmpty();
        delete("sick");

        aws.sageMaker.createModel(r -> r.modelName("unknown")
                .executionRoleArn(Emulated.ROLE)
                .primaryContainer(c -> c.image("nobody/knows:1")));
        config("unknown", variant("main", "unknown", 1));
        create("unknown", "unknown");
        assertThat(settled("unknown").failureReason()).contains("nobody/knows:1", aws.images.toString());
        delete("unknown");
    }

    @Test
    @DisplayName("keeps the instances that it has if more cannot be started")
    void scaleFails() throws IOException {
        deployed("grow", Map.of());
        try {
            Files.writeString(aws.images, "{}");
            weigh("grow", "main", null, 3);
        } finally {
            aws.image(JsonMapper.builder().build().createObjectNode());
        }
        DescribeEndpointResponse kept = settled("grow");
        assertThat(kept.endpointStatus()).isEqualTo(EndpointStatus.IN_SERVICE);
        assertThat(kept.failureReason()).contains("cannot be pulled");
        assertThat(kept.productionVariants()).singleElement().satisfies(variant -> {
            assertThat(variant.currentInstanceCount()).isEqualTo(1);
            assertThat(variant.desiredInstanceCount()).isEqualTo(1);
        });
        assertThat(invoke("grow", "x", null).body().asUtf8String()).isEqualTo("hello x ");
        delete("grow");
    }

    @Test
    @DisplayName("needs what it names, once")
    void validation() {
        model("val", Map.of());
        config("val", variant("main", "val", 1));
        Emulated.refused(
                () -> model("val", Map.of()),
                "Cannot create already existing model \"arn:aws:sagemaker:us-east-1:000000000000:model/val\".");
        Emulated.refused(
                () -> config("val", variant("main", "val", 1)),
                "Cannot create already existing endpoint configuration \"");
        Emulated.refused(() -> config("w", variant("main", "none", 1)), "Could not find model \"");
        Emulated.refused(
                () -> config("w", variant("main", "val", 1), variant("main", "val", 1)),
                "Production variant names must be unique");
        Emulated.refused(() -> config("w", variant("main", "val", -1)), "greater than or equal to 0");
        Emulated.refused(() -> create("val", "none"), "Could not find endpoint configuration \"");
        Emulated.refused(
                () -> aws.sageMaker.describeEndpoint(r -> r.endpointName("none")), "Could not find endpoint \"");
        Emulated.refused(() -> aws.sageMaker.deleteModel(r -> r.modelName("none")), "Could not find model \"");
        assertThat(aws.sageMaker.listEndpointConfigs(r -> r.nameContains("w")).endpointConfigs())
                .isEmpty();
    }

    @Test
    @DisplayName("answers again after a restart of the emulator, and a stopped emulator leaves no process")
    void restart() throws IOException {
        deployed("again", Map.of("GREETING", "still here"));
        aws.down();
        assertThat(containers()).isEmpty();
        aws.up();
        assertThat(settled("again").endpointStatus()).isEqualTo(EndpointStatus.IN_SERVICE);
        assertThat(invoke("again", "x", null).body().asUtf8String()).isEqualTo("still here x ");
        delete("again");
    }

    @Test
    @DisplayName("is refused instances above the account's quota")
    void quota() throws IOException {
        model("quota", Map.of());
        config("quota", variant("main", "quota", 1));
        try {
            var table = JsonMapper.builder().build().createObjectNode();
            table.putObject("quotas").put("ml.m5.large", 0);
            aws.image(table);
            assertThatThrownBy(() -> create("quota", "quota"))
                    .hasMessageContaining(
                            "The account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances");
            Emulated.refused(
                    () -> aws.sageMaker.describeEndpoint(r -> r.endpointName("quota")), "Could not find endpoint");
        } finally {
            aws.image(JsonMapper.builder().build().createObjectNode());
        }
    }

    /** An endpoint of one instance, with its model and configuration of the same name, when it has come up or failed to. */
    private static DescribeEndpointResponse deployed(String name, Map<String, String> environment) {
        model(name, environment);
        config(name, variant("main", name, 1));
        create(name, name);
        return settled(name);
    }

    private static void model(String name, Map<String, String> environment) {
        aws.sageMaker.createModel(r -> r.modelName(name)
                .executionRoleArn(Emulated.ROLE)
                .primaryContainer(c -> c.image(Emulated.IMAGE).environment(environment)));
    }

    private static ProductionVariant variant(String name, String model, float weight) {
        return ProductionVariant.builder()
                .variantName(name)
                .modelName(model)
                .instanceType(ProductionVariantInstanceType.ML_M5_LARGE)
                .initialInstanceCount(1)
                .initialVariantWeight(weight)
                .build();
    }

    private static void config(String name, ProductionVariant... variants) {
        aws.sageMaker.createEndpointConfig(r -> r.endpointConfigName(name).productionVariants(variants));
    }

    private static void create(String name, String config) {
        aws.sageMaker.createEndpoint(r -> r.endpointName(name).endpointConfigName(config));
    }

    private static void weigh(String name, String variant, Float weight, Integer count) {
        aws.sageMaker.updateEndpointWeightsAndCapacities(r -> r.endpointName(name)
                .desiredWeightsAndCapacities(DesiredWeightAndCapacity.builder()
                        .variantName(variant)
                        .desiredWeight(weight)
                        .desiredInstanceCount(count)
                        .build()));
        settled(name);
    }

    private static void delete(String name) {
        aws.sageMaker.deleteEndpoint(r -> r.endpointName(name));
        gone(name);
    }

    private static void gone(String name) {
        Emulated.await()
                .until(() -> aws.sageMaker.listEndpoints(r -> r.maxResults(100)).endpoints().stream()
                        .noneMatch(endpoint -> endpoint.endpointName().equals(name)));
    }

    private static DescribeEndpointResponse settled(String name) {
        return Emulated.await()
                .until(
                        () -> aws.sageMaker.describeEndpoint(r -> r.endpointName(name)),
                        endpoint -> switch (endpoint.endpointStatus()) {
                            case IN_SERVICE, FAILED -> true;
                            default -> false;
                        });
    }

    private static InvokeEndpointResponse invoke(String name, String body, String target) {
        return aws.runtime.invokeEndpoint(r -> r.endpointName(name)
                .targetVariant(target)
                .contentType("text/plain")
                .body(SdkBytes.fromUtf8String(body)));
    }

    private static Map<String, Integer> counted(String name, int times) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < times; i++) {
            counts.merge(invoke(name, "x", null).invokedProductionVariant(), 1, Integer::sum);
        }
        return counts;
    }

    /** The processes that run as containers; tests of this class run one after the other and delete their endpoints. */
    private static List<Long> containers() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().commandLine().orElse("").contains(TinyContainer.class.getName()))
                .map(ProcessHandle::pid)
                .toList();
    }
}
