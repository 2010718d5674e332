package dev.isobar.emulator.gcp.vertex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.api.HttpBody;
import com.google.cloud.aiplatform.v1.CancelCustomJobRequest;
import com.google.cloud.aiplatform.v1.ContainerSpec;
import com.google.cloud.aiplatform.v1.CreateCustomJobRequest;
import com.google.cloud.aiplatform.v1.CreateEndpointRequest;
import com.google.cloud.aiplatform.v1.CustomJob;
import com.google.cloud.aiplatform.v1.CustomJobSpec;
import com.google.cloud.aiplatform.v1.DedicatedResources;
import com.google.cloud.aiplatform.v1.DeleteCustomJobRequest;
import com.google.cloud.aiplatform.v1.DeleteEndpointRequest;
import com.google.cloud.aiplatform.v1.DeleteModelRequest;
import com.google.cloud.aiplatform.v1.DeleteModelVersionRequest;
import com.google.cloud.aiplatform.v1.DeployModelRequest;
import com.google.cloud.aiplatform.v1.DeployedModel;
import com.google.cloud.aiplatform.v1.Endpoint;
import com.google.cloud.aiplatform.v1.EndpointServiceGrpc;
import com.google.cloud.aiplatform.v1.EnvVar;
import com.google.cloud.aiplatform.v1.GcsDestination;
import com.google.cloud.aiplatform.v1.GetCustomJobRequest;
import com.google.cloud.aiplatform.v1.GetEndpointRequest;
import com.google.cloud.aiplatform.v1.GetModelRequest;
import com.google.cloud.aiplatform.v1.JobServiceGrpc;
import com.google.cloud.aiplatform.v1.JobState;
import com.google.cloud.aiplatform.v1.ListCustomJobsRequest;
import com.google.cloud.aiplatform.v1.ListCustomJobsResponse;
import com.google.cloud.aiplatform.v1.MachineSpec;
import com.google.cloud.aiplatform.v1.MergeVersionAliasesRequest;
import com.google.cloud.aiplatform.v1.Model;
import com.google.cloud.aiplatform.v1.ModelContainerSpec;
import com.google.cloud.aiplatform.v1.ModelServiceGrpc;
import com.google.cloud.aiplatform.v1.MutateDeployedModelRequest;
import com.google.cloud.aiplatform.v1.PredictRequest;
import com.google.cloud.aiplatform.v1.PredictionServiceGrpc;
import com.google.cloud.aiplatform.v1.RawPredictRequest;
import com.google.cloud.aiplatform.v1.UndeployModelRequest;
import com.google.cloud.aiplatform.v1.UpdateEndpointRequest;
import com.google.cloud.aiplatform.v1.UploadModelRequest;
import com.google.cloud.aiplatform.v1.WorkerPoolSpec;
import com.google.logging.v2.ListLogEntriesRequest;
import com.google.logging.v2.LoggingServiceV2Grpc;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Value;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Asks with the generated stubs, which let malformed calls pass. */
@Timeout(120)
@DisplayName("The emulated Vertex AI")
class VertexEmulatorTest {
    static final String PROJECT = "emulated-project";
    static final String LOCATION = "europe-west3";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PARENT = "projects/" + PROJECT + "/locations/" + LOCATION;
    private static final String ENDPOINT = PARENT + "/endpoints/e";

    @TempDir
    Path home;

    private Path images;
    private VertexEmulator emulator;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        images = home.resolve("images.json");
        Files.write(
                images,
                JSON.writeValueAsBytes(Map.of(
                        "images",
                        Map.of(
                                "sh", Map.of("command", List.of("/bin/sh", "-c")),
                                "tiny", Map.of("command", tiny())),
                        "quotas",
                        Map.of("custom_model_training_cpus", 8, "custom_model_serving_nodes", 3))));
        emulator = VertexEmulator.start(
                VertexSettings.of(PROJECT, LOCATION, home.resolve("own"), URI.create("http://127.0.0.1:1"), images)
                        .with(Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ZERO),
                0,
                List.of());
        connect(emulator.endpoint());
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        emulator.close();
    }

    private void connect(String endpoint) {
        channel = NettyChannelBuilder.forTarget(endpoint.substring("http://".length()))
                .usePlaintext()
                .build();
    }

    private static List<String> java(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static List<String> tiny() {
        return java(TinyContainer.class);
    }

    private JobServiceGrpc.JobServiceBlockingStub jobs() {
        return JobServiceGrpc.newBlockingStub(channel);
    }

    private ModelServiceGrpc.ModelServiceBlockingStub models() {
        return ModelServiceGrpc.newBlockingStub(channel);
    }

    private EndpointServiceGrpc.EndpointServiceBlockingStub endpoints() {
        return EndpointServiceGrpc.newBlockingStub(channel);
    }

    private PredictionServiceGrpc.PredictionServiceBlockingStub predictions() {
        return PredictionServiceGrpc.newBlockingStub(channel);
    }

    private Operation done(Operation begun) {
        return await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(
                        () -> OperationsGrpc.newBlockingStub(channel)
                                .getOperation(GetOperationRequest.newBuilder()
                                        .setName(begun.getName())
                                        .build()),
                        Operation::getDone);
    }

    private Operation well(Operation begun) {
        Operation done = done(begun);
        assertThat(done.getError().getMessage()).isEmpty();
        return done;
    }

    private static String refused(Status.Code code, ThrowingCallable call) {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(e).isNotNull();
        assertThat(e.getStatus().getCode()).as(e.getMessage()).isEqualTo(code);
        return String.valueOf(e.getStatus().getDescription());
    }

    private static CustomJob.Builder shell(String script) {
        return CustomJob.newBuilder()
                .setDisplayName("a job")
                .setJobSpec(CustomJobSpec.newBuilder()
                        .addWorkerPoolSpecs(WorkerPoolSpec.newBuilder()
                                .setReplicaCount(1)
                                .setMachineSpec(MachineSpec.newBuilder().setMachineType("n1-standard-4"))
                                .setContainerSpec(ContainerSpec.newBuilder()
                                        .setImageUri("sh")
                                        .addArgs(script)))
                        .setBaseOutputDirectory(
                                GcsDestination.newBuilder().setOutputUriPrefix("gs://some-bucket/base")));
    }

    private CustomJob create(CustomJob.Builder job) {
        return jobs().createCustomJob(CreateCustomJobRequest.newBuilder()
                .setParent(PARENT)
                .setCustomJob(job)
                .build());
    }

    private CustomJob ended(CustomJob job) {
        return await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(
                        () -> jobs().getCustomJob(GetCustomJobRequest.newBuilder()
                                .setName(job.getName())
                                .build()),
                        j -> CustomJobs.ended(j.getState()));
    }

    @Test
    @DisplayName("runs a job with the service's variables, and logs what it says; its name has the project's number")
    void job() {
        CustomJob job = create(shell("echo $AIP_MODEL_DIR; echo $AIP_CHECKPOINT_DIR >&2"));
        assertThat(job.getName()).startsWith("projects/" + VertexSettings.NUMBER + "/locations/" + LOCATION);
        assertThat(job.getState()).isEqualTo(JobState.JOB_STATE_PENDING);
        CustomJob end = ended(job);
        assertThat(end.getState()).isEqualTo(JobState.JOB_STATE_SUCCEEDED);
        assertThat(end.hasStartTime() && end.hasEndTime() && !end.hasError()).isTrue();
        String id = job.getName().substring(job.getName().lastIndexOf('/') + 1);
        assertThat(LoggingServiceV2Grpc.newBlockingStub(channel)
                        .listLogEntries(ListLogEntriesRequest.newBuilder()
                                .addResourceNames("projects/" + PROJECT)
                                .setFilter("resource.type=\"ml_job\" AND resource.labels.job_id=\"" + id + "\"")
                                .build())
                        .getEntriesList())
                .extracting(e -> e.getJsonPayload().getFieldsOrThrow("message").getStringValue())
                .containsExactly("gs://some-bucket/base/model/", "gs://some-bucket/base/checkpoints/");
    }

    @Test
    @DisplayName(
            "says with which code a container ended, cancels, lists by label in pages, and deletes only what has ended")
    void states() {
        CustomJob failed = ended(create(shell("exit 3").putLabels("kind", "x")));
        assertThat(failed.getState()).isEqualTo(JobState.JOB_STATE_FAILED);
        assertThat(failed.getError().getMessage())
                .startsWith("The replica workerpool0-0 exited with a non-zero status of 3.");
        CustomJob hangs = create(shell("sleep 600").putLabels("kind", "x"));
        refused(
                Status.Code.FAILED_PRECONDITION,
                () -> jobs().deleteCustomJob(DeleteCustomJobRequest.newBuilder()
                        .setName(hangs.getName())
                        .build()));
        ListCustomJobsRequest list = ListCustomJobsRequest.newBuilder()
                .setParent(PARENT)
                .setFilter("labels.kind=\"x\"")
                .setPageSize(1)
                .build();
        ListCustomJobsResponse first = jobs().listCustomJobs(list);
        assertThat(first.getCustomJobsList()).extracting(CustomJob::getName).containsExactly(hangs.getName());
        ListCustomJobsResponse second = jobs().listCustomJobs(
                        list.toBuilder().setPageToken(first.getNextPageToken()).build());
        assertThat(second.getCustomJobsList()).extracting(CustomJob::getName).containsExactly(failed.getName());
        assertThat(second.getNextPageToken()).isEmpty();
        jobs().cancelCustomJob(CancelCustomJobRequest.newBuilder()
                .setName(hangs.getName())
                .build());
        assertThat(ended(hangs).getState()).isEqualTo(JobState.JOB_STATE_CANCELLED);
        refused(
                Status.Code.FAILED_PRECONDITION,
                () -> jobs().cancelCustomJob(CancelCustomJobRequest.newBuilder()
                        .setName(hangs.getName())
                        .build()));
        well(jobs().deleteCustomJob(DeleteCustomJobRequest.newBuilder()
                .setName(hangs.getName())
                .build()));
        refused(
                Status.Code.NOT_FOUND,
                () -> jobs().getCustomJob(GetCustomJobRequest.newBuilder()
                        .setName(hangs.getName())
                        .build()));
    }

    @Test
    @DisplayName("refuses what the service refuses, with its status")
    void malformed() {
        assertThat(refused(
                        Status.Code.INVALID_ARGUMENT, () -> create(shell("true").clearDisplayName())))
                .contains("display_name");
        assertThat(refused(
                        Status.Code.INVALID_ARGUMENT, () -> create(shell("true").putLabels("Upper", "x"))))
                .contains("labels");
        assertThat(refused(
                        Status.Code.INVALID_ARGUMENT, () -> create(shell("true").clearJobSpec())))
                .contains("worker_pool_specs");
        CustomJob.Builder machine = shell("true");
        machine.getJobSpecBuilder()
                .getWorkerPoolSpecsBuilder(0)
                .getMachineSpecBuilder()
                .setMachineType("huge");
        assertThat(refused(Status.Code.INVALID_ARGUMENT, () -> create(machine))).contains("\"huge\" is not supported");
        CustomJob.Builder base = shell("true");
        base.getJobSpecBuilder().getBaseOutputDirectoryBuilder().setOutputUriPrefix("/tmp/x");
        assertThat(refused(Status.Code.INVALID_ARGUMENT, () -> create(base))).contains("base_output_directory");
        assertThat(refused(
                        Status.Code.INVALID_ARGUMENT,
                        () -> jobs().listCustomJobs(ListCustomJobsRequest.newBuilder()
                                .setParent("projects/" + PROJECT + "/locations/us-central1")
                                .build())))
                .contains("`" + LOCATION + "`");
        assertThat(refused(
                        Status.Code.PERMISSION_DENIED,
                        () -> jobs().listCustomJobs(ListCustomJobsRequest.newBuilder()
                                .setParent("projects/somebody-else/locations/" + LOCATION)
                                .build())))
                .contains("aiplatform.customJobs.list");
        assertThat(refused(
                        Status.Code.INVALID_ARGUMENT,
                        () -> jobs().listCustomJobs(ListCustomJobsRequest.newBuilder()
                                .setParent(PARENT)
                                .setFilter("whatever")
                                .build())))
                .contains("filter");
        CustomJob.Builder large = shell("true");
        large.getJobSpecBuilder()
                .getWorkerPoolSpecsBuilder(0)
                .getMachineSpecBuilder()
                .setMachineType("n1-highmem-16");
        assertThat(refused(Status.Code.RESOURCE_EXHAUSTED, () -> create(large)))
                .contains("aiplatform.googleapis.com/custom_model_training_cpus");
        refused(Status.Code.UNIMPLEMENTED, () -> {
            CustomJob.Builder two = shell("true");
            two.getJobSpecBuilder().getWorkerPoolSpecsBuilder(0).setReplicaCount(2);
            create(two);
        });
    }

    private Operation upload(UploadModelRequest.Builder request, String who) {
        return models().uploadModel(request.setParent(PARENT)
                .setModel(Model.newBuilder()
                        .setDisplayName("m")
                        .setContainerSpec(ModelContainerSpec.newBuilder()
                                .setImageUri("tiny")
                                .setHealthRoute("/healthy")
                                .setPredictRoute("/score")
                                .addEnv(EnvVar.newBuilder().setName("WHO").setValue(who))))
                .build());
    }

    @Test
    @DisplayName("numbers versions, moves aliases, and deletes no default version")
    void versions() {
        well(upload(UploadModelRequest.newBuilder().setModelId("m"), "one"));
        assertThat(done(upload(UploadModelRequest.newBuilder().setModelId("m"), "one"))
                        .getError()
                        .getCode())
                .isEqualTo(Status.Code.ALREADY_EXISTS.value());
        String name = PARENT + "/models/m";
        well(upload(UploadModelRequest.newBuilder().setParentModel(name), "two"));
        models().mergeVersionAliases(MergeVersionAliasesRequest.newBuilder()
                .setName(name + "@1")
                .addVersionAliases("champion")
                .build());
        models().mergeVersionAliases(MergeVersionAliasesRequest.newBuilder()
                .setName(name + "@2")
                .addVersionAliases("champion")
                .build());
        assertThat(model(name + "@champion").getVersionId()).isEqualTo("2");
        assertThat(model(name).getVersionAliasesList()).containsExactly("default");
        refused(
                Status.Code.FAILED_PRECONDITION,
                () -> models().deleteModelVersion(DeleteModelVersionRequest.newBuilder()
                        .setName(name + "@1")
                        .build()));
        refused(
                Status.Code.INVALID_ARGUMENT,
                () -> upload(UploadModelRequest.newBuilder().setModelId("Upper"), "x"));
        well(models().deleteModel(DeleteModelRequest.newBuilder().setName(name).build()));
        refused(Status.Code.NOT_FOUND, () -> model(name));
    }

    private Model model(String name) {
        return models().getModel(GetModelRequest.newBuilder().setName(name).build());
    }

    private void endpoint() {
        well(endpoints()
                .createEndpoint(CreateEndpointRequest.newBuilder()
                        .setParent(PARENT)
                        .setEndpointId("e")
                        .setEndpoint(Endpoint.newBuilder().setDisplayName("e"))
                        .build()));
    }

    private Operation deploy(String id, String model, int replicas, Map<String, Integer> split) {
        return endpoints()
                .deployModel(DeployModelRequest.newBuilder()
                        .setEndpoint(ENDPOINT)
                        .setDeployedModel(DeployedModel.newBuilder()
                                .setId(id)
                                .setModel(PARENT + "/models/" + model)
                                .setDedicatedResources(DedicatedResources.newBuilder()
                                        .setMachineSpec(MachineSpec.newBuilder().setMachineType("n1-standard-2"))
                                        .setMinReplicaCount(replicas)
                                        .setMaxReplicaCount(Math.max(replicas, 1))))
                        .putAllTrafficSplit(split)
                        .build());
    }

    private String ask(String body) {
        return predictions()
                .rawPredict(RawPredictRequest.newBuilder()
                        .setEndpoint(ENDPOINT)
                        .setHttpBody(HttpBody.newBuilder()
                                .setContentType("text/plain")
                                .setData(ByteString.copyFromUtf8(body)))
                        .build())
                .getData()
                .toStringUtf8();
    }

    private Endpoint seen() {
        return endpoints()
                .getEndpoint(GetEndpointRequest.newBuilder().setName(ENDPOINT).build());
    }

    @Test
    @DisplayName(
            "serves: splits traffic, refuses what does not add up, changes replicas, drains, and goes in one order only")
    void serving() throws Exception {
        well(upload(UploadModelRequest.newBuilder().setModelId("one"), "one"));
        well(upload(UploadModelRequest.newBuilder().setModelId("two"), "two"));
        endpoint();
        assertThat(refused(Status.Code.FAILED_PRECONDITION, () -> ask("x"))).contains("traffic_split");
        assertThat(refused(Status.Code.INVALID_ARGUMENT, () -> deploy("1", "one", 0, Map.of("0", 100))))
                .contains("min_replica_count");
        assertThat(refused(Status.Code.INVALID_ARGUMENT, () -> deploy("1", "one", 1, Map.of("0", 99))))
                .contains("should be 100");
        assertThat(refused(Status.Code.INVALID_ARGUMENT, () -> deploy("one", "one", 1, Map.of("0", 100))))
                .contains("digits");
        assertThat(refused(Status.Code.RESOURCE_EXHAUSTED, () -> deploy("1", "one", 4, Map.of("0", 100))))
                .contains("custom_model_serving_nodes");
        well(deploy("1", "one", 1, Map.of("0", 100)));
        assertThat(ask("x")).startsWith("one ").endsWith(" x");
        assertThat(predictions()
                        .predict(PredictRequest.newBuilder()
                                .setEndpoint(ENDPOINT)
                                .addInstances(Value.newBuilder().setNumberValue(1))
                                .build())
                        .getPredictionsList())
                .hasSize(2)
                .first()
                .extracting(Value::getNumberValue)
                .isEqualTo(1.5);
        assertThat(refused(Status.Code.INVALID_ARGUMENT, () -> ask("teapot"))).isEqualTo("short and stout");
        assertThat(refused(Status.Code.FAILED_PRECONDITION, () -> ask("x".repeat(1_500_001))))
                .contains("1.500MB");
        well(deploy("2", "two", 1, Map.of()));
        assertThat(seen().getTrafficSplitMap()).isEqualTo(Map.of("1", 100));
        assertThat(refused(Status.Code.FAILED_PRECONDITION, () -> undeploy("1")))
                .contains("traffic");
        well(endpoints()
                .mutateDeployedModel(MutateDeployedModelRequest.newBuilder()
                        .setEndpoint(ENDPOINT)
                        .setDeployedModel(DeployedModel.newBuilder()
                                .setId("2")
                                .setDedicatedResources(DedicatedResources.newBuilder()
                                        .setMinReplicaCount(2)
                                        .setMaxReplicaCount(2)))
                        .setUpdateMask(FieldMask.newBuilder().addPaths("dedicated_resources.min_replica_count"))
                        .build()));
        Endpoint before = seen();
        Endpoint half =
                endpoints().updateEndpoint(split(Map.of("1", 50, "2", 50)).build());
        assertThat(half.getEtag()).isNotEqualTo(before.getEtag());
        assertThat(refused(
                        Status.Code.ABORTED,
                        () -> endpoints()
                                .updateEndpoint(split(Map.of("1", 100))
                                        .setEndpoint(Endpoint.newBuilder()
                                                .setName(ENDPOINT)
                                                .setEtag(before.getEtag())
                                                .putTrafficSplit("1", 100))
                                        .build())))
                .contains("Etag");
        // By chance: sixty draws of a half are all alike once in 10^17 runs.
        Set<String> who = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            who.add(ask("x"));
        }
        assertThat(who).hasSize(3);
        CompletableFuture<String> slow = CompletableFuture.supplyAsync(() -> ask("pause"));
        endpoints().updateEndpoint(split(Map.of("1", 100)).build());
        well(undeploy("2"));
        assertThat(slow.get(60, TimeUnit.SECONDS)).endsWith("pause");
        assertThat(refused(
                        Status.Code.FAILED_PRECONDITION,
                        () -> endpoints()
                                .deleteEndpoint(DeleteEndpointRequest.newBuilder()
                                        .setName(ENDPOINT)
                                        .build())))
                .contains("Undeploy");
        assertThat(done(models().deleteModel(DeleteModelRequest.newBuilder()
                                .setName(PARENT + "/models/one")
                                .build()))
                        .getError()
                        .getMessage())
                .contains("deployed");
        well(undeploy("1"));
        well(endpoints()
                .deleteEndpoint(
                        DeleteEndpointRequest.newBuilder().setName(ENDPOINT).build()));
        well(models().deleteModel(DeleteModelRequest.newBuilder()
                .setName(PARENT + "/models/one")
                .build()));
        refused(Status.Code.NOT_FOUND, this::seen);
    }

    private Operation undeploy(String id) {
        return endpoints()
                .undeployModel(UndeployModelRequest.newBuilder()
                        .setEndpoint(ENDPOINT)
                        .setDeployedModelId(id)
                        .build());
    }

    private static UpdateEndpointRequest.Builder split(Map<String, Integer> split) {
        return UpdateEndpointRequest.newBuilder()
                .setEndpoint(Endpoint.newBuilder().setName(ENDPOINT).putAllTrafficSplit(split))
                .setUpdateMask(FieldMask.newBuilder().addPaths("traffic_split"));
    }

    @Test
    @DisplayName(
            "killed with SIGKILL, goes on: what is deployed serves again, a job has failed, no process is left over")
    void killed() throws Exception {
        channel.shutdownNow();
        Process first = process("first");
        well(upload(UploadModelRequest.newBuilder().setModelId("one"), "one"));
        endpoint();
        well(deploy("1", "one", 1, Map.of("0", 100)));
        long served = Long.parseLong(ask("x").split(" ", -1)[1]);
        CustomJob job = create(shell("echo started; sleep 600"));
        await().atMost(PATIENCE)
                .until(() -> jobs().getCustomJob(GetCustomJobRequest.newBuilder()
                                        .setName(job.getName())
                                        .build())
                                .getState()
                        == JobState.JOB_STATE_RUNNING);
        first.destroyForcibly().waitFor();
        channel.shutdownNow();
        Process second = process("second");
        try {
            assertThat(ended(job).getState()).isEqualTo(JobState.JOB_STATE_FAILED);
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
                    .until(() -> ask("x").startsWith("one "));
            assertThat(ProcessHandle.of(served).filter(ProcessHandle::isAlive)).isEmpty();
            assertThat(seen().getDeployedModels(0).getStatus().getAvailableReplicaCount())
                    .isEqualTo(1);
        } finally {
            well(undeploy("1"));
            second.destroyForcibly().waitFor();
        }
    }

    private Process process(String name) throws Exception {
        Path told = home.resolve(name + ".txt");
        Process process = new ProcessBuilder(java(
                        VertexProcess.class, home.resolve("killed").toString(), images.toString(), told.toString()))
                .redirectErrorStream(true)
                .redirectOutput(new File(home.resolve(name + ".log").toString()))
                .start();
        await().atMost(PATIENCE).until(() -> Files.exists(told) || !process.isAlive());
        assertThat(process.isAlive())
                .as(Files.readString(home.resolve(name + ".log")))
                .isTrue();
        connect(Files.readString(told));
        return process;
    }
}
