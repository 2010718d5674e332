package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.isobar.conformance.Workloads;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.vertex.VertexEndpoints;
import dev.isobar.gcp.vertex.VertexTrainingJobs;
import dev.isobar.platform.registry.RecordedRegistry;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.EndpointConfiguration;
import dev.isobar.port.Endpoints.EndpointStatus;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.ModelRegistry.Alias;
import dev.isobar.port.ModelRegistry.ModelPackage;
import dev.isobar.port.ModelRegistry.ModelVersion;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import dev.isobar.port.TrainingJobs.JobState;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.port.Workload;
import dev.isobar.spi.AdapterSession;
import io.grpc.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Vertex AI's ports while calls fail, answers are lost, and the account may not do what it is asked. */
@Timeout(120)
@DisplayName("On Vertex AI")
class VertexFaultTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final CallFaults FAULTS = new CallFaults();

    @RegisterExtension
    static final EmulatedVertex EMULATED = new EmulatedVertex(FAULTS);

    private AdapterSession session;

    @BeforeEach
    void open() {
        session = EMULATED.platform(Map.of("retry.total", "20s")).open();
    }

    @AfterEach
    void close() throws IOException {
        FAULTS.clear();
        EMULATED.account(Map.of());
        session.close();
    }

    private TrainingJob idle(String name) {
        session.objectStore().put("in/" + name, "x".getBytes(StandardCharsets.UTF_8), Precondition.none());
        return new TrainingJob(
                name,
                Workload.image(EmulatedVertex.IDLE, Map.of()),
                Map.of(),
                Map.of("train", "in/" + name),
                "out/" + name,
                PATIENCE,
                Map.of("run", name));
    }

    private TrainingJobs jobs() {
        return session.trainingJobs();
    }

    /** What Vertex AI's ports list; a whole session would also ask services that are not emulated here. */
    private List<Resource> resources() {
        List<Resource> all = new ArrayList<>();
        all.addAll(((VertexTrainingJobs) session.trainingJobs()).resources());
        all.addAll(((VertexEndpoints) session.endpoints()).resources());
        all.addAll(((RecordedRegistry) session.modelRegistry()).resources());
        return all;
    }

    private List<Resource> unfinished(String name) {
        return resources().stream()
                .filter(r -> r.kind().equals("training job") && r.name().equals(name))
                .toList();
    }

    private void end(String name) {
        jobs().cancel(name);
        await().atMost(PATIENCE)
                .until(() -> jobs().describe(name).orElseThrow().state().terminal());
        jobs().delete(name);
    }

    @Test
    @DisplayName("a job whose creation was not answered is found by its label, not made again")
    void lostCreation() {
        FAULTS.lose("CreateCustomJob", Status.UNAVAILABLE);
        jobs().submit(idle("lost-creation"));
        assertThat(FAULTS.count("CreateCustomJob")).isEqualTo(1);
        assertThat(jobs().list(Map.of("run", "lost-creation"))).hasSize(1);
        end("lost-creation");
    }

    @Test
    @DisplayName("of two jobs that a lost answer left one counts, and the stray is cancelled")
    void stray() {
        FAULTS.lose("CreateCustomJob", Status.DEADLINE_EXCEEDED);
        // A list that does not show the first one yet: before anything is made, and right behind the lost answer.
        FAULTS.empty("ListCustomJobs", 2);
        jobs().submit(idle("stray"));
        assertThat(FAULTS.count("CreateCustomJob")).isEqualTo(2);
        await().atMost(PATIENCE).until(() -> {
            assertThat(jobs().describe("stray").orElseThrow().state()).isIn(JobState.PENDING, JobState.RUNNING);
            return unfinished("stray").size() == 1;
        });
        assertThat(jobs().list(Map.of("run", "stray"))).hasSize(1);
        end("stray");
        assertThat(unfinished("stray")).isEmpty();
    }

    @Test
    @DisplayName("a job, a version and an alias come about while every fourth call fails")
    void everyFourth() {
        FAULTS.all(0.25);
        assertThat(jobs().submit(idle("every-fourth")).state()).isIn(JobState.PENDING, JobState.RUNNING);
        ModelPackage model = new ModelPackage(
                "every-fourth", "sha256:" + "a".repeat(64), "m/model.ubj", "m/manifest.json", Map.of());
        ModelVersion version = session.modelRegistry().register(model);
        Alias alias =
                session.modelRegistry().setAlias("every-fourth", "champion", version.version(), Precondition.absent());
        FAULTS.all(0);
        assertThat(FAULTS.done()).as(FAULTS.toString()).isPositive();
        assertThat(session.modelRegistry().list("every-fourth")).containsExactly(version);
        assertThat(session.modelRegistry().alias("every-fourth", "champion")).contains(alias);
        await().atMost(PATIENCE).until(() -> {
            jobs().describe("every-fourth");
            return unfinished("every-fourth").size() == 1;
        });
        end("every-fourth");
        session.modelRegistry().delete("every-fourth");
    }

    @Test
    @DisplayName("a version whose upload was not answered is registered once")
    void lostUpload() {
        FAULTS.lose("UploadModel", Status.UNAVAILABLE);
        ModelPackage model =
                new ModelPackage("lost-upload", "sha256:" + "b".repeat(64), "m/model.ubj", "m/manifest.json", Map.of());
        ModelVersion first = session.modelRegistry().register(model);
        assertThat(session.modelRegistry().register(model)).isEqualTo(first);
        assertThat(session.modelRegistry().list("lost-upload")).containsExactly(first);
        session.modelRegistry().delete("lost-upload");
    }

    @Test
    @DisplayName(
            "an endpoint whose creation, deployment and traffic were not answered has one deployment, and goes in the right order")
    void lostDeployment() {
        FAULTS.lose("CreateEndpoint", Status.UNAVAILABLE);
        FAULTS.lose("UploadModel", Status.DEADLINE_EXCEEDED);
        FAULTS.lose("DeployModel", Status.UNAVAILABLE);
        FAULTS.lose("UpdateEndpoint", Status.UNAVAILABLE);
        FAULTS.refuse("GetEndpoint", Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE);
        session.endpoints().apply(one("lost-deployment", 1));
        EndpointStatus status = await().atMost(PATIENCE)
                .until(() -> session.endpoints().describe("lost-deployment").orElseThrow(), EndpointStatus::settled);
        assertThat(status.deployments())
                .singleElement()
                .matches(d -> d.replicas().size() == 1);
        assertThat(status.basisPoints()).isEqualTo(Map.of("one", 10_000));
        FAULTS.lose("MutateDeployedModel", Status.UNAVAILABLE);
        session.endpoints().apply(one("lost-deployment", 2));
        EndpointStatus larger = await().atMost(PATIENCE)
                .until(() -> session.endpoints().describe("lost-deployment").orElseThrow(), EndpointStatus::settled);
        assertThat(larger.deployments())
                .singleElement()
                .matches(d -> d.replicas().size() == 2);
        FAULTS.lose("UndeployModel", Status.UNAVAILABLE);
        FAULTS.lose("DeleteEndpoint", Status.UNAVAILABLE);
        FAULTS.lose("DeleteModel", Status.UNAVAILABLE);
        session.endpoints().delete("lost-deployment");
        assertThat(session.endpoints().describe("lost-deployment")).isEmpty();
        assertThat(resources()).extracting(Resource::kind).doesNotContain("endpoint", "model");
    }

    private static EndpointConfiguration one(String endpoint, int replicas) {
        return new EndpointConfiguration(
                endpoint,
                0,
                List.of(new Deployment(
                        "one", Workloads.serverImage("sha256:one"), "sha256:one", Replicas.fixed(replicas))),
                Map.of("one", 10_000),
                Map.of());
    }

    private static IsobarException fails(ErrorCode code, ThrowingCallable call) {
        IsobarException e = catchThrowableOfType(IsobarException.class, call);
        assertThat(e).isNotNull();
        assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
        return e;
    }

    @Test
    @DisplayName("a quota that is used up is named, and is no matter of trying again")
    void quota() throws IOException {
        EMULATED.account(Map.of("quotas", Map.of("custom_model_training_cpus", 2)));
        IsobarException e = fails(ErrorCode.RESOURCE_EXHAUSTED, () -> jobs().submit(idle("quota")));
        assertThat(e.getMessage()).contains("custom_model_training_cpus");
        assertThat(e.hint()).contains("quota").contains(GcpPlatform.LOCATION);
        assertThat(FAULTS.count("CreateCustomJob")).isEqualTo(1);
        assertThat(jobs().describe("quota")).isEmpty();
        EMULATED.account(Map.of());
        assertThat(jobs().submit(idle("quota")).state()).isIn(JobState.PENDING, JobState.RUNNING);
        end("quota");
    }

    @Test
    @DisplayName(
            "a missing permission is told with the role that has it, and an API that is off with how to turn it on")
    void permission() throws IOException {
        EMULATED.account(Map.of("denied", List.of("aiplatform.customJobs.create")));
        IsobarException denied = fails(ErrorCode.PERMISSION_DENIED, () -> jobs().submit(idle("denied")));
        assertThat(denied.getMessage()).contains("aiplatform.customJobs.create");
        assertThat(denied.hint()).contains("roles/aiplatform.user");
        EMULATED.account(Map.of("disabled", List.of("aiplatform.googleapis.com")));
        IsobarException off = fails(ErrorCode.PERMISSION_DENIED, () -> jobs().submit(idle("disabled")));
        assertThat(off.hint()).contains("gcloud services enable aiplatform.googleapis.com");
    }

    @Test
    @DisplayName("another region than the endpoint's is a matter of configuration")
    void location() {
        try (AdapterSession elsewhere =
                EMULATED.platform(Map.of("location", "us-central1")).open()) {
            IsobarException e = fails(
                    ErrorCode.INVALID_CONFIGURATION, () -> elsewhere.endpoints().list());
            assertThat(e.getMessage()).contains(GcpPlatform.LOCATION);
            assertThat(e.hint()).contains("us-central1");
        }
    }

    @Test
    @DisplayName("a command without an image is refused with what makes one, and an image nobody has fails the job")
    void image() {
        TrainingJob job = idle("image");
        IsobarException none = fails(
                ErrorCode.INVALID_CONFIGURATION,
                () -> jobs().submit(with(job, Workload.command(List.of("x"), Map.of()))));
        assertThat(none.hint()).contains("image.trainer");
        jobs().submit(with(job, Workload.image("nobody/has:it", Map.of())));
        await().atMost(PATIENCE)
                .until(() -> jobs().describe("image").orElseThrow().state() == JobState.FAILED);
        assertThat(jobs().describe("image").orElseThrow().failure()).contains("nobody/has:it");
        jobs().delete("image");
    }

    private static TrainingJob with(TrainingJob job, Workload workload) {
        return new TrainingJob(
                job.name(), workload, job.hyperparameters(), job.channels(), job.output(), job.timeout(), job.labels());
    }
}
