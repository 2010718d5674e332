package dev.isobar.emulator.aws.sagemaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.ConflictException;
import software.amazon.awssdk.services.sagemaker.model.DescribeModelPackageResponse;
import software.amazon.awssdk.services.sagemaker.model.ModelApprovalStatus;
import software.amazon.awssdk.services.sagemaker.model.ModelPackageStatus;
import software.amazon.awssdk.services.sagemaker.model.ModelPackageSummary;
import software.amazon.awssdk.services.sagemaker.model.Tag;

@DisplayName("The model registry")
class ModelRegistryTest {
    @TempDir
    Path folder;

    private LogStore logs;
    private SageMaker emulator;
    private EmulatorServer server;
    private SageMakerClient client;

    @BeforeEach
    void up() throws IOException {
        SageMakerSettings settings = SageMakerSettings.of(
                "us-east-1",
                "000000000000",
                folder.resolve("home"),
                URI.create("http://127.0.0.1:1"),
                folder.resolve("images.json"));
        logs = LogStore.open(folder.resolve("logs"));
        emulator = SageMaker.open(settings, logs, Alarms.NONE);
        server = EmulatorServer.start(0, emulator.services());
        client = Emulated.client(SageMakerClient.builder(), server.uri());
    }

    @AfterEach
    void down() throws IOException {
        client.close();
        server.close();
        emulator.close();
        logs.close();
    }

    @Test
    @DisplayName("counts the versions of a group, and never gives one twice, also after a restart")
    void versions() throws IOException {
        client.createModelPackageGroup(r -> r.modelPackageGroupName("Delays"));
        for (int i = 1; i <= 12; i++) {
            assertThat(create("Delays", Map.of("digest", "d" + i)))
                    .isEqualTo("arn:aws:sagemaker:us-east-1:000000000000:model-package/delays/" + i);
        }
        client.deleteModelPackage(r -> r.modelPackageName(arn("delays/12")));
        down();
        up();
        assertThat(create("Delays", Map.of())).endsWith("/13");
        assertThat(client.listModelPackagesPaginator(
                                r -> r.modelPackageGroupName("Delays").maxResults(4))
                        .modelPackageSummaryList())
                .extracting(ModelPackageSummary::modelPackageVersion)
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13);
        DescribeModelPackageResponse third = client.describeModelPackage(r -> r.modelPackageName(arn("delays/3")));
        assertThat(third.modelPackageVersion()).isEqualTo(3);
        assertThat(third.modelPackageGroupName()).isEqualTo("Delays");
        assertThat(third.customerMetadataProperties()).containsExactly(Map.entry("digest", "d3"));
        assertThat(third.modelPackageStatus()).isEqualTo(ModelPackageStatus.COMPLETED);
        assertThat(third.modelApprovalStatus()).isEqualTo(ModelApprovalStatus.PENDING_MANUAL_APPROVAL);
        assertThat(third.inferenceSpecification().containers().get(0).modelDataUrl())
                .isEqualTo("s3://b/m.tar.gz");
    }

    @Test
    @DisplayName("changes approval and metadata of a version, and lists by approval")
    void update() {
        client.createModelPackageGroup(r -> r.modelPackageGroupName("g"));
        create("g", Map.of("a", "1", "b", "2"));
        create("g", Map.of());
        client.updateModelPackage(r -> r.modelPackageArn(arn("g/1"))
                .modelApprovalStatus(ModelApprovalStatus.APPROVED)
                .approvalDescription("it is better")
                .customerMetadataProperties(Map.of("b", "3", "c", "4"))
                .customerMetadataPropertiesToRemove("a"));
        DescribeModelPackageResponse changed = client.describeModelPackage(r -> r.modelPackageName(arn("g/1")));
        assertThat(changed.modelApprovalStatus()).isEqualTo(ModelApprovalStatus.APPROVED);
        assertThat(changed.customerMetadataProperties()).isEqualTo(Map.of("b", "3", "c", "4"));
        assertThat(client.listModelPackages(
                                r -> r.modelPackageGroupName("g").modelApprovalStatus(ModelApprovalStatus.APPROVED))
                        .modelPackageSummaryList())
                .extracting(ModelPackageSummary::modelPackageVersion)
                .containsExactly(1);
    }

    @Test
    @DisplayName("registers a version once for a client token")
    void clientToken() {
        client.createModelPackageGroup(r -> r.modelPackageGroupName("g"));
        String first = client.createModelPackage(
                        r -> r.modelPackageGroupName("g").clientToken("t-1"))
                .modelPackageArn();
        String again = client.createModelPackage(
                        r -> r.modelPackageGroupName("g").clientToken("t-1"))
                .modelPackageArn();
        assertThat(again).isEqualTo(first);
        assertThat(client.listModelPackages(r -> r.modelPackageGroupName("g")).modelPackageSummaryList())
                .hasSize(1);
    }

    @Test
    @DisplayName("makes a model of a package")
    void model() {
        client.createModelPackageGroup(r -> r.modelPackageGroupName("g"));
        create("g", Map.of());
        client.createModel(r ->
                r.modelName("m").executionRoleArn(Emulated.ROLE).primaryContainer(c -> c.modelPackageName(arn("g/1"))));
        assertThat(client.describeModel(r -> r.modelName("m"))
                        .primaryContainer()
                        .modelPackageName())
                .isEqualTo(arn("g/1"));
        Emulated.refused(
                () -> client.createModel(r -> r.modelName("n")
                        .executionRoleArn(Emulated.ROLE)
                        .primaryContainer(c -> c.modelPackageName(arn("g/2")))),
                "Could not find model package");
    }

    @Test
    @DisplayName("does not delete a group that holds versions, and finds nothing that is not there")
    void groups() {
        client.createModelPackageGroup(r -> r.modelPackageGroupName("g")
                .tags(List.of(Tag.builder().key("k").value("v").build())));
        String group = client.describeModelPackageGroup(r -> r.modelPackageGroupName("g"))
                .modelPackageGroupArn();
        assertThat(client.listTags(r -> r.resourceArn(group)).tags()).hasSize(1);
        Emulated.refused(() -> client.createModelPackageGroup(r -> r.modelPackageGroupName("g")), "already exists");
        create("g", Map.of());
        assertThatThrownBy(() -> client.deleteModelPackageGroup(r -> r.modelPackageGroupName("g")))
                .isInstanceOf(ConflictException.class);
        client.deleteModelPackage(r -> r.modelPackageName(arn("g/1")));
        client.deleteModelPackageGroup(r -> r.modelPackageGroupName("g"));
        assertThat(client.listModelPackageGroups(r -> r.nameContains("g")).modelPackageGroupSummaryList())
                .isEmpty();
        Emulated.refused(() -> create("g", Map.of()), "does not exist");
        Emulated.refused(() -> client.describeModelPackage(r -> r.modelPackageName(arn("g/1"))), "does not exist");
        Emulated.refused(
                () -> client.createModelPackage(r -> r.modelPackageDescription("of nothing")),
                "Either ModelPackageName or ModelPackageGroupName");
        Emulated.refused(
                () -> client.listTags(r -> r.resourceArn("arn:aws:sagemaker:eu-west-1:000000000000:model/m")),
                "Invalid ARN");
    }

    private String create(String group, Map<String, String> metadata) {
        return client.createModelPackage(r -> {
                    r.modelPackageGroupName(group)
                            .inferenceSpecification(s -> s.supportedContentTypes("application/json")
                                    .containers(c -> c.image("i:1").modelDataUrl("s3://b/m.tar.gz")));
                    if (!metadata.isEmpty()) {
                        r.customerMetadataProperties(metadata);
                    }
                })
                .modelPackageArn();
    }

    private static String arn(String version) {
        return "arn:aws:sagemaker:us-east-1:000000000000:model-package/" + version;
    }
}
