package dev.isobar.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.isobar.conformance.Workloads;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Endpoints.Deployment;
import dev.isobar.port.Endpoints.DeploymentState;
import dev.isobar.port.Endpoints.EndpointConfiguration;
import dev.isobar.port.Endpoints.EndpointStatus;
import dev.isobar.port.Endpoints.Replicas;
import dev.isobar.port.Endpoints.Request;
import dev.isobar.port.ModelRegistry.ModelPackage;
import dev.isobar.port.ModelRegistry.ModelVersion;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import dev.isobar.port.TrainingJobs.JobState;
import dev.isobar.port.TrainingJobs.JobStatus;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.port.Workload;
import dev.isobar.spi.AdapterSession;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.ModelApprovalStatus;

/** What SageMaker adds to the ports' promises: its limits, its lost answers, and what it would leave behind. */
class SageMakerFaultsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @RegisterExtension
    static final EmulatedSageMaker aws = new EmulatedSageMaker();

    private static String fresh(String what) {
        return what + "-" + Long.toString(System.nanoTime(), 36);
    }

    private static IsobarException fails(ErrorCode code, ThrowingCallable call) {
        IsobarException e = catchThrowableOfType(IsobarException.class, call);
        assertThat(e).isNotNull();
        assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
        return e;
    }

    @Nested
    @DisplayName("A training job")
    class Training {
        private TrainingJob job(String name, Workload workload, Map<String, String> hyperparameters) {
            aws.session()
                    .objectStore()
                    .put("in/" + name + "/in.txt", "42".getBytes(StandardCharsets.UTF_8), Precondition.none());
            return new TrainingJob(
                    name,
                    workload,
                    hyperparameters,
                    Map.of("train", "in/" + name),
                    "out/" + name,
                    PATIENCE,
                    Map.of("job", name));
        }

        private JobStatus ended(TrainingJobs jobs, String name) {
            return await().atMost(PATIENCE)
                    .until(
                            () -> jobs.describe(name).orElseThrow(),
                            s -> s.state().terminal());
        }

        @Test
        @DisplayName("whose submission's answer is lost is one job")
        void lostSubmission() {
            TrainingJobs jobs = aws.session().trainingJobs();
            String name = fresh("lost");
            long before = aws.count("SageMaker.CreateTrainingJob");
            aws.loseNext("SageMaker.CreateTrainingJob");
            jobs.submit(job(name, Workloads.trainerImage("succeed"), Map.of()));
            assertThat(aws.count("SageMaker.CreateTrainingJob") - before).isEqualTo(2);
            assertThat(ended(jobs, name).state()).isEqualTo(JobState.SUCCEEDED);
            assertThat(jobs.list(Map.of("job", name))).hasSize(1);
        }

        @Test
        @DisplayName("that is stopped with the answer lost is stopped")
        void lostCancellation() {
            TrainingJobs jobs = aws.session().trainingJobs();
            String name = fresh("stop");
            jobs.submit(job(name, Workloads.trainerImage("hang"), Map.of()));
            assertThat(aws.resources())
                    .filteredOn(r -> r.kind().equals("training job"))
                    .extracting(Resource::name)
                    .containsExactly(name);
            aws.loseNext("SageMaker.StopTrainingJob");
            jobs.cancel(name);
            assertThat(ended(jobs, name).state()).isEqualTo(JobState.CANCELLED);
        }

        @Test
        @DisplayName("with a name that SageMaker does not take keeps its name")
        void longName() {
            TrainingJobs jobs = aws.session().trainingJobs();
            String name = fresh("Run_2026-11-23T07.22.04.a-name.longer.than.SageMaker.takes.for.any.job");
            assertThat(jobs.submit(job(name, Workloads.trainerImage("succeed"), Map.of()))
                            .name())
                    .isEqualTo(name);
            assertThat(ended(jobs, name).state()).isEqualTo(JobState.SUCCEEDED);
            assertThat(jobs.list(Map.of("job", name)))
                    .extracting(JobStatus::name)
                    .containsExactly(name);
            jobs.delete(name);
            assertThat(aws.session().objectStore().list("sagemaker/jobs", null, 1_000))
                    .noneMatch(o -> o.key().contains("longer-than"));
        }

        @Test
        @DisplayName("that SageMaker would refuse is refused in words of the port, and nothing is made")
        void limits() {
            TrainingJobs jobs = aws.session().trainingJobs();
            String name = fresh("limits");
            Map<String, String> many = new HashMap<>();
            for (int i = 0; i < 101; i++) {
                many.put("p" + i, "1");
            }
            Workload image = Workloads.trainerImage("succeed");
            assertThat(fails(ErrorCode.INVALID_ARGUMENT, () -> jobs.submit(job(name, image, many))))
                    .hasMessageContaining("101 hyperparameters");
            assertThat(fails(
                            ErrorCode.INVALID_ARGUMENT,
                            () -> jobs.submit(job(name, image, Map.of("p", "x".repeat(2_501))))))
                    .hasMessageContaining("'p'")
                    .hasMessageContaining("2501");
            assertThat(fails(
                            ErrorCode.INVALID_ARGUMENT,
                            () -> jobs.submit(job(name, image.with(Map.of("V", "x".repeat(513))), Map.of()))))
                    .hasMessageContaining("'V'");
            assertThat(fails(
                                    ErrorCode.INVALID_CONFIGURATION,
                                    () -> jobs.submit(job(name, Workloads.trainer("succeed"), Map.of())))
                            .hint())
                    .contains("isobar image")
                    .contains("image.trainer");
            assertThat(jobs.describe(name)).isEmpty();
        }

        @Test
        @DisplayName("on an instance type that the account lacks says so, and nothing is made")
        void quota() {
            try (AdapterSession session = aws.open(Map.of("sagemaker.training-instance", "ml.p3.2xlarge"))) {
                String name = fresh("quota");
                TrainingJob job = job(name, Workloads.trainerImage("succeed"), Map.of());
                assertThat(fails(
                                ErrorCode.RESOURCE_EXHAUSTED,
                                () -> session.trainingJobs().submit(job)))
                        .hasMessageContaining("ml.p3.2xlarge");
                assertThat(session.trainingJobs().describe(name)).isEmpty();
            }
        }

        @Test
        @DisplayName("for a role that SageMaker cannot assume is denied, and nothing is made")
        void role() {
            try (AdapterSession session =
                    aws.open(Map.of("sagemaker.role-arn", "arn:aws:iam::123456789012:role/another"))) {
                String name = fresh("role");
                TrainingJob job = job(name, Workloads.trainerImage("succeed"), Map.of());
                assertThat(fails(
                                        ErrorCode.PERMISSION_DENIED,
                                        () -> session.trainingJobs().submit(job))
                                .hint())
                        .contains("sagemaker.role-arn");
                assertThat(session.trainingJobs().describe(name)).isEmpty();
            }
        }

        @Test
        @DisplayName("that somebody polls is asked about at the configured pace")
        void pace() {
            try (AdapterSession session = aws.open(Map.of("sagemaker.poll-interval", "200ms"))) {
                String name = fresh("pace");
                session.trainingJobs().submit(job(name, Workloads.trainerImage("succeed"), Map.of()));
                long begun = System.nanoTime();
                for (int i = 0; i < 4; i++) {
                    session.trainingJobs().describe(name);
                }
                // Slower is fine, faster is not: this holds on any machine.
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(600));
                ended(session.trainingJobs(), name);
            }
        }

        @Test
        @DisplayName("on spot capacity ends as any other")
        void spot() {
            try (AdapterSession session = aws.open(Map.of("sagemaker.spot", "true", "sagemaker.max-wait", "5m"))) {
                String name = fresh("spot");
                session.trainingJobs().submit(job(name, Workloads.trainerImage("succeed"), Map.of()));
                assertThat(ended(session.trainingJobs(), name).state()).isEqualTo(JobState.SUCCEEDED);
                try (SageMakerClient client = aws.client()) {
                    var described = client.describeTrainingJob(r -> r.trainingJobName("isobar-" + name));
                    assertThat(described.enableManagedSpotTraining()).isTrue();
                    assertThat(described.stoppingCondition().maxWaitTimeInSeconds())
                            .isEqualTo(60 + 300);
                }
            }
        }

        @Test
        @DisplayName("of the built-in algorithm gets what that takes, and nothing of ours")
        void builtIn() {
            try (AdapterSession session = aws.open(Map.of("sagemaker.algorithm", "built-in"))) {
                String name = fresh("xgboost");
                Map<String, String> parameters =
                        Map.of("num_round", "20", "objective", "binary:logistic", "feature_names", "a,b", "eta", "0.1");
                TrainingJob job = job(name, Workloads.trainer("ignored"), parameters);
                Map<String, String> channels = new HashMap<>(job.channels());
                channels.put("champion", "in/" + name);
                session.trainingJobs()
                        .submit(new TrainingJob(
                                name, job.workload(), parameters, channels, job.output(), PATIENCE, job.labels()));
                assertThat(ended(session.trainingJobs(), name).state()).isEqualTo(JobState.SUCCEEDED);
                try (SageMakerClient client = aws.client()) {
                    var described = client.describeTrainingJob(r -> r.trainingJobName("isobar-" + name));
                    assertThat(described.hyperParameters())
                            .isEqualTo(Map.of("num_round", "20", "objective", "binary:logistic", "eta", "0.1"));
                    assertThat(described.inputDataConfig()).singleElement().satisfies(c -> {
                        assertThat(c.channelName()).isEqualTo("train");
                        assertThat(c.contentType()).isEqualTo("text/csv");
                    });
                }
                fails(
                        ErrorCode.INVALID_ARGUMENT,
                        () -> session.trainingJobs()
                                .submit(job(fresh("x"), job.workload(), Map.of("num_rounds", "1"))));
            }
        }

        @Test
        @DisplayName("is followed line by line with one or two calls a look, however long its log is")
        void linearTail() {
            TrainingJobs jobs = aws.session().trainingJobs();
            String name = fresh("tail");
            jobs.submit(job(name, Workloads.trainerImage("succeed"), Map.of()));
            ended(jobs, name);
            List<String> lines = new ArrayList<>();
            long before = aws.count("Logs_20140328.GetLogEvents");
            for (int i = 0; i < 5; i++) {
                lines.addAll(jobs.logs(name, lines.size(), 1));
            }
            assertThat(lines).containsExactly("first line", "second line");
            assertThat(aws.count("Logs_20140328.GetLogEvents") - before).isLessThanOrEqualTo(10);
        }
    }

    @Nested
    @DisplayName("An endpoint")
    class Serving {
        private static Deployment deployment(String name) {
            return new Deployment(name, Workloads.serverImage("sha256:" + name), "sha256:" + name, Replicas.fixed(1));
        }

        private static EndpointConfiguration configuration(
                String endpoint, Map<String, Integer> traffic, Deployment... deployments) {
            return new EndpointConfiguration(endpoint, 0, List.of(deployments), traffic, Map.of("kit", "isobar"));
        }

        private static EndpointStatus settled(Endpoints endpoints, String endpoint) {
            return await().atMost(PATIENCE)
                    .until(() -> endpoints.describe(endpoint).orElseThrow(), EndpointStatus::settled);
        }

        /** Makes an endpoint with one deployment that has all traffic, and gives its configuration. */
        private static EndpointConfiguration champion(Endpoints endpoints, String endpoint, String deployment) {
            EndpointConfiguration configuration =
                    configuration(endpoint, Map.of(deployment, 10_000), deployment(deployment));
            endpoints.apply(configuration);
            settled(endpoints, endpoint);
            return configuration;
        }

        private static Map<String, Integer> answers(Endpoints endpoints, String endpoint, int requests) {
            Map<String, Integer> counts = new TreeMap<>();
            for (int i = 0; i < requests; i++) {
                counts.merge(
                        endpoints
                                .invoke(endpoint, new Request("/invocations", "text/csv", Map.of(), new byte[] {'1'}))
                                .deployment(),
                        1,
                        Integer::sum);
            }
            return counts;
        }

        private static Map<String, Long> made(String endpoint) {
            Map<String, Long> made = new TreeMap<>();
            aws.resources().stream()
                    .filter(r -> r.id().contains(endpoint))
                    .forEach(r -> made.merge(r.kind(), 1L, Long::sum));
            return made;
        }

        @Test
        @DisplayName(
                "goes from champion to canary to champion although every answer is lost once, and leaves nothing behind")
        void lostAnswers() {
            Endpoints endpoints = aws.session().endpoints();
            String endpoint = fresh("canary");
            aws.loseNext("SageMaker.CreateModel", "SageMaker.CreateEndpointConfig", "SageMaker.CreateEndpoint");
            champion(endpoints, endpoint, "old");
            aws.loseNext(
                    "SageMaker.UpdateEndpoint", "SageMaker.UpdateEndpointWeightsAndCapacities", "SageMaker.AddTags");
            endpoints.apply(
                    configuration(endpoint, Map.of("old", 9_000, "new", 1_000), deployment("old"), deployment("new")));
            assertThat(settled(endpoints, endpoint).basisPoints()).isEqualTo(Map.of("old", 9_000, "new", 1_000));
            assertThat(answers(endpoints, endpoint, 100)).containsKey("old");
            aws.loseNext("SageMaker.UpdateEndpoint", "SageMaker.UpdateEndpointWeightsAndCapacities");
            endpoints.apply(configuration(endpoint, Map.of("new", 10_000), deployment("new")));
            settled(endpoints, endpoint);
            assertThat(answers(endpoints, endpoint, 20)).isEqualTo(Map.of("new", 20));
            assertThat(made(endpoint)).isEqualTo(Map.of("endpoint", 1L, "endpoint config", 1L, "model", 1L));
            aws.loseNext("SageMaker.DeleteEndpoint", "SageMaker.DeleteEndpointConfig", "SageMaker.DeleteModel");
            endpoints.delete(endpoint);
            assertThat(made(endpoint)).isEmpty();
        }

        @Test
        @DisplayName("whose traffic is as it should be is not called to change it")
        void unchanged() {
            Endpoints endpoints = aws.session().endpoints();
            String endpoint = fresh("same");
            champion(endpoints, endpoint, "one");
            long before = aws.calls().stream()
                    .filter(c -> c.startsWith("SageMaker.Update"))
                    .count();
            endpoints.route(endpoint, Map.of("one", 10_000));
            endpoints.apply(configuration(endpoint, Map.of("one", 10_000), deployment("one")));
            settled(endpoints, endpoint);
            assertThat(aws.calls().stream()
                            .filter(c -> c.startsWith("SageMaker.Update"))
                            .count())
                    .isEqualTo(before);
            endpoints.delete(endpoint);
        }

        @Test
        @DisplayName("never sends traffic to a canary of another model, and goes back")
        void wrongCanary() {
            Endpoints endpoints = aws.session().endpoints();
            String endpoint = fresh("wrong");
            EndpointConfiguration good = champion(endpoints, endpoint, "good");
            Deployment bad =
                    new Deployment("bad", Workloads.serverImage("sha256:other"), "sha256:bad", Replicas.fixed(1));
            endpoints.apply(configuration(endpoint, Map.of("good", 1, "bad", 9_999), deployment("good"), bad));
            await().atMost(PATIENCE).until(() -> {
                assertThat(answers(endpoints, endpoint, 5)).isEqualTo(Map.of("good", 5));
                return endpoints.describe(endpoint).orElseThrow().deployments().stream()
                        .anyMatch(d -> d.name().equals("bad") && d.state() == DeploymentState.FAILED);
            });
            endpoints.apply(good);
            settled(endpoints, endpoint);
            assertThat(made(endpoint)).isEqualTo(Map.of("endpoint", 1L, "endpoint config", 1L, "model", 1L));
            endpoints.delete(endpoint);
        }

        @Test
        @DisplayName("keeps its champion when a canary cannot start, and says why")
        void brokenCanary() {
            Endpoints endpoints = aws.session().endpoints();
            String endpoint = fresh("broken");
            EndpointConfiguration good = champion(endpoints, endpoint, "good");
            Deployment bad = new Deployment(
                    "bad", Workloads.brokenServerImage("no such model"), "sha256:bad", Replicas.fixed(1));
            endpoints.apply(configuration(endpoint, Map.of("good", 9_000, "bad", 1_000), deployment("good"), bad));
            EndpointStatus status = await().atMost(PATIENCE)
                    .until(
                            () -> endpoints.describe(endpoint).orElseThrow(),
                            s -> s.deployments().stream().anyMatch(d -> d.state() == DeploymentState.FAILED));
            assertThat(status.deployments())
                    .filteredOn(d -> d.name().equals("bad"))
                    .singleElement()
                    .satisfies(d -> assertThat(d.failure()).contains("no such model"));
            assertThat(answers(endpoints, endpoint, 10)).isEqualTo(Map.of("good", 10));
            endpoints.apply(good);
            assertThat(settled(endpoints, endpoint).basisPoints()).isEqualTo(Map.of("good", 10_000));
            assertThat(made(endpoint)).isEqualTo(Map.of("endpoint", 1L, "endpoint config", 1L, "model", 1L));
            endpoints.delete(endpoint);
        }

        @Test
        @DisplayName("that could not be made can be made anew")
        void again() {
            Endpoints endpoints = aws.session().endpoints();
            String endpoint = fresh("again");
            Deployment bad = new Deployment(
                    "bad", Workloads.brokenServerImage("no such model"), "sha256:bad", Replicas.fixed(1));
            endpoints.apply(configuration(endpoint, Map.of("bad", 10_000), bad));
            await().atMost(PATIENCE)
                    .until(() -> endpoints
                                    .describe(endpoint)
                                    .orElseThrow()
                                    .deployments()
                                    .get(0)
                                    .state()
                            == DeploymentState.FAILED);
            endpoints.apply(configuration(endpoint, Map.of("good", 10_000), deployment("good")));
            settled(endpoints, endpoint);
            assertThat(made(endpoint)).isEqualTo(Map.of("endpoint", 1L, "endpoint config", 1L, "model", 1L));
            endpoints.delete(endpoint);
        }

        @Test
        @DisplayName("changes its number of replicas, and its labels")
        void replicas() {
            Endpoints endpoints = aws.session().endpoints();
            String endpoint = fresh("scale");
            champion(endpoints, endpoint, "one");
            long before = aws.count("SageMaker.UpdateEndpoint");
            Deployment two =
                    new Deployment("one", Workloads.serverImage("sha256:one"), "sha256:one", Replicas.fixed(2));
            endpoints.apply(new EndpointConfiguration(
                    endpoint, 0, List.of(two), Map.of("one", 10_000), Map.of("other", "label")));
            EndpointStatus status = settled(endpoints, endpoint);
            assertThat(status.deployments().get(0).replicas()).hasSize(2);
            assertThat(status.labels()).isEqualTo(Map.of("other", "label"));
            assertThat(aws.count("SageMaker.UpdateEndpoint"))
                    .as("no fleet is started anew for that")
                    .isEqualTo(before);
            endpoints.delete(endpoint);
        }

        @Test
        @DisplayName("on an instance type that the account lacks says so, and leaves nothing behind")
        void quota() {
            try (AdapterSession session = aws.open(Map.of("sagemaker.serving-instance", "ml.p3.2xlarge"))) {
                String endpoint = fresh("quota");
                assertThat(fails(
                                ErrorCode.RESOURCE_EXHAUSTED,
                                () -> session.endpoints()
                                        .apply(configuration(endpoint, Map.of("one", 10_000), deployment("one")))))
                        .hasMessageContaining("ml.p3.2xlarge");
                assertThat(made(endpoint)).isEmpty();
            }
        }

        @Test
        @DisplayName("takes scoring requests only, and refuses what a model of SageMaker cannot have")
        void limits() {
            Endpoints endpoints = aws.session().endpoints();
            String endpoint = fresh("limits");
            assertThat(fails(
                                    ErrorCode.UNSUPPORTED,
                                    () -> endpoints.invoke(
                                            endpoint,
                                            new Request("/isobar/v1/status", "text/csv", Map.of(), new byte[0])))
                            .hint())
                    .contains("/invocations");
            Workload long1025 = Workloads.serverImage("sha256:x").with(Map.of("V", "x".repeat(1_025)));
            assertThat(fails(
                            ErrorCode.INVALID_ARGUMENT,
                            () -> endpoints.apply(configuration(
                                    endpoint,
                                    Map.of("one", 10_000),
                                    new Deployment("one", long1025, "sha256:x", Replicas.fixed(1))))))
                    .hasMessageContaining("'V'");
            assertThat(fails(
                                    ErrorCode.INVALID_CONFIGURATION,
                                    () -> endpoints.apply(configuration(
                                            endpoint,
                                            Map.of("one", 10_000),
                                            new Deployment(
                                                    "one",
                                                    Workloads.server("sha256:x"),
                                                    "sha256:x",
                                                    Replicas.fixed(1)))))
                            .hint())
                    .contains("image.server");
            assertThat(made(endpoint)).isEmpty();
        }
    }

    @Nested
    @DisplayName("A model")
    class Models {
        private static ModelPackage model(String group, Map<String, String> properties) {
            return new ModelPackage(
                    group,
                    "sha256:" + "0123456789abcdef".repeat(4),
                    "models/a/xgboost-model",
                    "models/a/manifest.json",
                    properties);
        }

        @Test
        @DisplayName("whose registration's answer is lost is one version")
        void lostRegistration() {
            String group = fresh("lost");
            aws.loseNext("SageMaker.CreateModelPackageGroup", "SageMaker.CreateModelPackage");
            assertThat(aws.session()
                            .modelRegistry()
                            .register(model(group, Map.of()))
                            .version())
                    .isEqualTo(1);
            assertThat(aws.session().modelRegistry().list(group)).hasSize(1);
            try (SageMakerClient client = aws.client()) {
                assertThat(client.listModelPackages(r -> r.modelPackageGroupName("isobar-" + group))
                                .modelPackageSummaryList())
                        .hasSize(1);
            }
        }

        @Test
        @DisplayName("keeps properties that SageMaker's metadata cannot hold")
        void whole() {
            String group = fresh("Whole.Group_");
            Map<String, String> properties = new HashMap<>();
            for (int i = 0; i < 80; i++) {
                properties.put("property " + i, i % 2 == 0 ? "{\"json\": [" + i + "]}" : "long ".repeat(100));
            }
            ModelVersion version = aws.session().modelRegistry().register(model(group, properties));
            assertThat(aws.session().modelRegistry().get(group, 1)).contains(version);
            assertThat(version.model().properties()).isEqualTo(properties);
            assertThat(aws.session().modelRegistry().groups()).contains(group);
        }

        @Test
        @DisplayName("that is champion is approved, for people who look at the console")
        void approved() {
            String group = fresh("champion");
            aws.session().modelRegistry().register(model(group, Map.of("auc", "0.74")));
            aws.session().modelRegistry().setAlias(group, "champion", 1, Precondition.absent());
            try (SageMakerClient client = aws.client()) {
                assertThat(client.listModelPackages(r -> r.modelPackageGroupName("isobar-" + group))
                                .modelPackageSummaryList())
                        .singleElement()
                        .satisfies(p -> {
                            assertThat(p.modelApprovalStatus()).isEqualTo(ModelApprovalStatus.APPROVED);
                            assertThat(client.describeModelPackage(r -> r.modelPackageName(p.modelPackageArn()))
                                            .customerMetadataProperties())
                                    .containsEntry("auc", "0.74");
                        });
            }
            aws.session().modelRegistry().delete(group);
            assertThat(aws.resources()).noneMatch(r -> r.id().contains(group));
            assertThat(aws.session().objectStore().list("sagemaker/registry/" + group, null, 10))
                    .isEmpty();
        }
    }
}
