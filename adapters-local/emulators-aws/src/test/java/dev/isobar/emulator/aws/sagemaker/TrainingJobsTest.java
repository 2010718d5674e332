package dev.isobar.emulator.aws.sagemaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.cloudwatchlogs.model.LogStream;
import software.amazon.awssdk.services.cloudwatchlogs.model.OutputLogEvent;
import software.amazon.awssdk.services.sagemaker.model.CreateTrainingJobRequest;
import software.amazon.awssdk.services.sagemaker.model.DescribeTrainingJobResponse;
import software.amazon.awssdk.services.sagemaker.model.ResourceInUseException;
import software.amazon.awssdk.services.sagemaker.model.ResourceLimitExceededException;
import software.amazon.awssdk.services.sagemaker.model.SageMakerException;
import software.amazon.awssdk.services.sagemaker.model.SecondaryStatus;
import software.amazon.awssdk.services.sagemaker.model.SecondaryStatusTransition;
import software.amazon.awssdk.services.sagemaker.model.Tag;
import software.amazon.awssdk.services.sagemaker.model.TrainingInputMode;
import software.amazon.awssdk.services.sagemaker.model.TrainingInstanceType;
import software.amazon.awssdk.services.sagemaker.model.TrainingJobStatus;

@DisplayName("A training job")
class TrainingJobsTest {
    @TempDir
    static Path folder;

    private static Emulated aws;

    @BeforeAll
    static void up() throws IOException {
        aws = new Emulated(folder);
        aws.put("in/train/a.csv", "1,2");
        aws.put("in/train/deep/b.csv", "3,4");
        aws.put("in/other.csv", "not asked for");
    }

    @AfterAll
    static void down() throws IOException {
        aws.close();
    }

    @Test
    @DisplayName("reads its channels and parameters as a container does, and leaves model, output, log and metrics")
    void completes() throws IOException {
        create(
                "whole",
                job -> job.hyperParameters(Map.of("eta", "0.1"))
                        .algorithmSpecification(a -> a.trainingImage(Emulated.IMAGE)
                                .trainingInputMode(TrainingInputMode.FILE)
                                .metricDefinitions(m -> m.name("rmse").regex("rmse=([0-9.]+);"))));
        DescribeTrainingJobResponse job = ended("whole");
        assertThat(job.failureReason()).isNull();
        assertThat(job.trainingJobStatus()).isEqualTo(TrainingJobStatus.COMPLETED);
        assertThat(job.secondaryStatusTransitions())
                .extracting(SecondaryStatusTransition::status)
                .containsExactly(
                        SecondaryStatus.STARTING,
                        SecondaryStatus.DOWNLOADING,
                        SecondaryStatus.TRAINING,
                        SecondaryStatus.UPLOADING,
                        SecondaryStatus.COMPLETED);
        assertThat(job.modelArtifacts().s3ModelArtifacts()).isEqualTo("s3://isobar-test/out/whole/output/model.tar.gz");
        assertThat(unpack("out/whole/output/model.tar.gz").get("model.txt"))
                .contains(
                        "{\"eta\":\"0.1\"}",
                        "\"train\":{\"TrainingInputMode\":\"File\"",
                        "\"current_host\":\"algo-1\"",
                        "train/a.csv=1,2",
                        "train/deep/b.csv=3,4")
                .doesNotContain("not asked for");
        assertThat(unpack("out/whole/output/output.tar.gz")).containsEntry("report.txt", "all is well");
        assertThat(job.finalMetricDataList()).singleElement().satisfies(metric -> {
            assertThat(metric.metricName()).isEqualTo("rmse");
            assertThat(metric.value()).isEqualTo(0.25f);
        });
        assertThat(log("whole")).contains("arguments train mode ", "rmse=0.75;", "rmse=0.25;");
    }

    @Test
    @DisplayName("that exits 1 fails with what it wrote to output/failure")
    void failsWithReason() {
        create("fails", job -> job.environment(Map.of("MODE", "fails")));
        DescribeTrainingJobResponse job = ended("fails");
        assertThat(job.trainingJobStatus()).isEqualTo(TrainingJobStatus.FAILED);
        assertThat(job.failureReason()).isEqualTo("AlgorithmError: the label column is missing, exit code: 1");
        assertThat(aws.s3
                        .listObjectsV2(r -> r.bucket(Emulated.BUCKET).prefix("out/fails/"))
                        .contents())
                .isEmpty();
    }

    @Test
    @DisplayName("that exits without a word fails with its exit code")
    void failsWithCode() {
        create("exits", job -> job.environment(Map.of("MODE", "exits")));
        assertThat(ended("exits").failureReason()).isEqualTo("AlgorithmError: , exit code: 3");
    }

    @Test
    @DisplayName("of an image that is in no table fails as one that cannot be pulled")
    void unknownImage() {
        create(
                "unknown",
                job -> job.algorithmSpecification(
                        a -> a.trainingImage("nobody/knows:1").trainingInputMode(TrainingInputMode.FILE)));
        assertThat(ended("unknown").failureReason())
                .startsWith("ClientError: Cannot pull algorithm container.")
                .contains("nobody/knows:1", aws.images.toString());
    }

    @Test
    @DisplayName("that is stopped ends on SIGTERM, keeps its model so far, and cannot be stopped again")
    void stops() throws IOException {
        create("stops", job -> job.environment(Map.of("MODE", "waits")));
        says("stops", "waiting");
        aws.sageMaker.stopTrainingJob(r -> r.trainingJobName("stops"));
        DescribeTrainingJobResponse job = ended("stops");
        assertThat(job.trainingJobStatus()).isEqualTo(TrainingJobStatus.STOPPED);
        assertThat(job.secondaryStatus()).isEqualTo(SecondaryStatus.STOPPED);
        assertThat(unpack("out/stops/output/model.tar.gz")).containsEntry("partial", "so far");
        assertThatThrownBy(() -> aws.sageMaker.stopTrainingJob(r -> r.trainingJobName("stops")))
                .isInstanceOfSatisfying(SageMakerException.class, e -> {
                    assertThat(e.awsErrorDetails().errorCode()).isEqualTo("ValidationException");
                    assertThat(e.awsErrorDetails().errorMessage())
                            .isEqualTo("The request was rejected because the training job is in status Stopped.");
                });
    }

    @Test
    @DisplayName("that does not end on SIGTERM is killed after the time of grace")
    void killed() {
        create("stubborn", job -> job.environment(Map.of("MODE", "stubborn")));
        says("stubborn", "waiting");
        aws.sageMaker.stopTrainingJob(r -> r.trainingJobName("stubborn"));
        assertThat(ended("stubborn").trainingJobStatus()).isEqualTo(TrainingJobStatus.STOPPED);
    }

    @Test
    @DisplayName("that runs too long is stopped, and says so")
    void maxRuntime() {
        create(
                "long",
                job -> job.environment(Map.of("MODE", "waits")).stoppingCondition(s -> s.maxRuntimeInSeconds(1)));
        DescribeTrainingJobResponse job = ended("long");
        assertThat(job.trainingJobStatus()).isEqualTo(TrainingJobStatus.STOPPED);
        assertThat(job.secondaryStatus()).isEqualTo(SecondaryStatus.MAX_RUNTIME_EXCEEDED);
    }

    @Test
    @DisplayName("on spot goes on from its checkpoint after it was taken away")
    void spot() throws IOException {
        create(
                "spot",
                job -> job.environment(Map.of("MODE", "spot"))
                        .enableManagedSpotTraining(true)
                        .stoppingCondition(s -> s.maxRuntimeInSeconds(60).maxWaitTimeInSeconds(60))
                        .checkpointConfig(c -> c.s3Uri("s3://isobar-test/checkpoints/spot")));
        says("spot", "checkpoint written");
        ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().commandLine().orElse("").contains(TinyContainer.class.getName()))
                .filter(process -> environment(process).contains("TRAINING_JOB_NAME=spot"))
                .forEach(ProcessHandle::destroyForcibly);
        DescribeTrainingJobResponse job = ended("spot");
        assertThat(job.trainingJobStatus()).as(job.failureReason()).isEqualTo(TrainingJobStatus.COMPLETED);
        assertThat(job.secondaryStatusTransitions())
                .extracting(SecondaryStatusTransition::status)
                .contains(SecondaryStatus.INTERRUPTED);
        assertThat(unpack("out/spot/output/model.tar.gz")).containsEntry("model.txt", "went on from 41");
        assertThat(text("checkpoints/spot/step")).isEqualTo("41");
    }

    @Test
    @DisplayName("has a name of its own; what it leaves is deleted with it")
    void names() {
        create("unique", job -> {});
        assertThatThrownBy(() -> create("unique", job -> {})).isInstanceOf(ResourceInUseException.class);
        ended("unique");
        aws.sageMaker.deleteTrainingJob(r -> r.trainingJobName("unique"));
        assertThatThrownBy(() -> aws.sageMaker.describeTrainingJob(r -> r.trainingJobName("unique")))
                .isInstanceOfSatisfying(
                        SageMakerException.class,
                        e -> assertThat(e.awsErrorDetails().errorMessage()).isEqualTo("Requested resource not found."));
        assertThat(aws.folder.resolve("emulator/training/unique")).doesNotExist();
    }

    @Test
    @DisplayName("takes what it started in the background with it, as a container does")
    void forks() {
        assumeTrue(Files.isDirectory(Path.of("/proc")), "a process that left its parent is found by /proc only");
        create("forks", job -> job.environment(Map.of("MODE", "forks")));
        assertThat(ended("forks").trainingJobStatus()).isEqualTo(TrainingJobStatus.COMPLETED);
        assertThat(log("forks")).contains("forked");
        assertThat(ProcessHandle.allProcesses()
                        .filter(process -> environment(process).contains("TRAINING_JOB_NAME=forks")))
                .isEmpty();
    }

    @Test
    @DisplayName("that ran when the emulator was stopped has ended with it, and failed when it is back")
    void restart() throws IOException {
        create("cut", job -> job.environment(Map.of("MODE", "waits")));
        says("cut", "waiting");
        aws.down();
        assertThat(ProcessHandle.current().descendants().map(TrainingJobsTest::environment))
                .noneMatch(environment -> environment.contains("TRAINING_JOB_NAME=cut"));
        aws.up();
        DescribeTrainingJobResponse job = ended("cut");
        assertThat(job.trainingJobStatus()).isEqualTo(TrainingJobStatus.FAILED);
        assertThat(job.failureReason()).startsWith("InternalServerError: We encountered an internal error.");
        assertThat(aws.folder.resolve("emulator/training")).doesNotExist();
    }

    @Test
    @DisplayName("is listed by name, state and time, page by page")
    void lists() {
        for (int i = 0; i < 5; i++) {
            create("page-" + i, job -> job.environment(Map.of("MODE", "exits")));
        }
        for (int i = 0; i < 5; i++) {
            ended("page-" + i);
        }
        List<String> names = new ArrayList<>();
        aws.sageMaker
                .listTrainingJobsPaginator(r -> r.nameContains("page-")
                        .statusEquals(TrainingJobStatus.FAILED)
                        .maxResults(2))
                .trainingJobSummaries()
                .forEach(job -> names.add(job.trainingJobName()));
        assertThat(names).containsExactly("page-0", "page-1", "page-2", "page-3", "page-4");
        assertThat(aws.sageMaker
                        .listTrainingJobs(r -> r.nameContains("page-").statusEquals(TrainingJobStatus.COMPLETED))
                        .trainingJobSummaries())
                .isEmpty();
        assertThatThrownBy(() -> aws.sageMaker.listTrainingJobs(r -> r.nextToken("nonsense!")))
                .isInstanceOf(SageMakerException.class);
    }

    @Test
    @DisplayName("carries tags")
    void tags() {
        create("tagged", job -> job.tags(Tag.builder().key("a").value("1").build()));
        String arn = ended("tagged").trainingJobArn();
        aws.sageMaker.addTags(
                r -> r.resourceArn(arn).tags(Tag.builder().key("b").value("2").build()));
        aws.sageMaker.deleteTags(r -> r.resourceArn(arn).tagKeys("a"));
        assertThat(aws.sageMaker.listTags(r -> r.resourceArn(arn)).tags())
                .containsExactly(Tag.builder().key("b").value("2").build());
    }

    @Test
    @DisplayName("that is malformed is refused in the service's words")
    void validation() {
        refused(
                "-x",
                job -> {},
                "1 validation error detected: Value '-x' at 'trainingJobName' failed to satisfy constraint"
                        + ": Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
        refused("n".repeat(64), job -> {}, "Member must have length less than or equal to 63");
        refused("v", job -> job.roleArn("arn:aws:iam::1:role/too-short"), "at 'roleArn'");
        refused(
                "v",
                job -> job.roleArn(null),
                "Value null at 'roleArn' failed to satisfy constraint: Member must not be null");
        refused(
                "v",
                job -> job.outputDataConfig(o -> o.s3OutputPath("file:///tmp")),
                "at 'outputDataConfig.s3OutputPath'");
        refused("v", job -> job.hyperParameters(many(101)), "at 'hyperParameters'");
        refused("v", job -> job.hyperParameters(Map.of("k", "x".repeat(2501))), "at 'hyperParameters'");
        refused("v", job -> job.stoppingCondition(s -> s.maxRuntimeInSeconds(0)), "greater than or equal to 1");
        refused(
                "v",
                job -> job.stoppingCondition(s -> s.maxRuntimeInSeconds(60).maxWaitTimeInSeconds(60)),
                "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true");
        refused(
                "v",
                job -> job.enableManagedSpotTraining(true)
                        .stoppingCondition(s -> s.maxRuntimeInSeconds(60).maxWaitTimeInSeconds(59)),
                "greater than or equal to MaxRuntimeInSeconds");
        refused(
                "v",
                job -> job.inputDataConfig(c -> c.channelName("train")
                        .dataSource(d ->
                                d.s3DataSource(s -> s.s3DataType("S3Prefix").s3Uri("s3://isobar-test/nothing/")))),
                "No S3 objects found under S3 URL \"s3://isobar-test/nothing/\" given in input data source.");
        refused(
                "v",
                job -> job.inputDataConfig(c -> c.channelName("train")
                        .dataSource(d ->
                                d.s3DataSource(s -> s.s3DataType("S3Prefix").s3Uri("s3://no-such-bucket/x/")))),
                "Error message from S3:");
        assertThat(aws.sageMaker
                        .listTrainingJobs(r -> r.nameContains("v").maxResults(100))
                        .trainingJobSummaries())
                .extracting(job -> job.trainingJobName())
                .doesNotContain("v");
    }

    @Test
    @DisplayName("is refused an instance that the account lacks and a role that cannot be assumed")
    void account() throws IOException {
        assertThatThrownBy(() -> create(
                        "gpu",
                        job -> job.resourceConfig(r -> r.instanceType(TrainingInstanceType.ML_P3_2_XLARGE)
                                .instanceCount(1)
                                .volumeSizeInGB(1))))
                .isInstanceOf(ResourceLimitExceededException.class)
                .hasMessageContaining(
                        "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances");
        try {
            var table = JsonMapper.builder().build().createObjectNode();
            table.putArray("roles").add("arn:aws:iam::000000000000:role/another");
            aws.image(table);
            refused("role", job -> {}, "Could not assume role " + Emulated.ROLE);
        } finally {
            aws.image(JsonMapper.builder().build().createObjectNode());
        }
    }

    private static void create(String name, Consumer<CreateTrainingJobRequest.Builder> change) {
        CreateTrainingJobRequest.Builder job = CreateTrainingJobRequest.builder()
                .trainingJobName(name)
                .algorithmSpecification(a -> a.trainingImage(Emulated.IMAGE).trainingInputMode(TrainingInputMode.FILE))
                .roleArn(Emulated.ROLE)
                .inputDataConfig(c -> c.channelName("train")
                        .dataSource(d ->
                                d.s3DataSource(s -> s.s3DataType("S3Prefix").s3Uri("s3://isobar-test/in/train/"))))
                .outputDataConfig(o -> o.s3OutputPath("s3://isobar-test/out"))
                .resourceConfig(r -> r.instanceType(TrainingInstanceType.ML_M5_LARGE)
                        .instanceCount(1)
                        .volumeSizeInGB(1))
                .stoppingCondition(s -> s.maxRuntimeInSeconds(600));
        change.accept(job);
        aws.sageMaker.createTrainingJob(job.build());
    }

    private static void refused(String name, Consumer<CreateTrainingJobRequest.Builder> change, String words) {
        Emulated.refused(() -> create(name, change), words);
    }

    private static DescribeTrainingJobResponse ended(String name) {
        return Emulated.await()
                .until(
                        () -> aws.sageMaker.describeTrainingJob(r -> r.trainingJobName(name)),
                        job -> job.trainingEndTime() != null);
    }

    private static void says(String name, String line) {
        Emulated.await().until(() -> log(name).contains(line));
    }

    private static List<String> log(String name) {
        if (aws.cloudWatchLogs
                .describeLogGroups(r -> r.logGroupNamePrefix("/aws/sagemaker/TrainingJobs"))
                .logGroups()
                .isEmpty()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        for (LogStream stream : aws.cloudWatchLogs
                .describeLogStreams(
                        r -> r.logGroupName("/aws/sagemaker/TrainingJobs").logStreamNamePrefix(name + "/algo-1-"))
                .logStreams()) {
            aws
                    .cloudWatchLogs
                    .getLogEventsPaginator(r -> r.logGroupName("/aws/sagemaker/TrainingJobs")
                            .logStreamName(stream.logStreamName())
                            .startFromHead(true)
                            .limit(2))
                    .events()
                    .stream()
                    .map(OutputLogEvent::message)
                    .forEach(lines::add);
        }
        return lines;
    }

    private static String environment(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/environ"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private static Map<String, String> many(int count) {
        Map<String, String> many = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            many.put("k" + i, "v");
        }
        return many;
    }

    private static String text(String key) {
        return aws.s3.getObjectAsBytes(r -> r.bucket(Emulated.BUCKET).key(key)).asUtf8String();
    }

    private static Map<String, String> unpack(String key) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (InputStream object =
                        aws.s3.getObject(r -> r.bucket(Emulated.BUCKET).key(key));
                TarArchiveInputStream tar = new TarArchiveInputStream(new GzipCompressorInputStream(object))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                tar.transferTo(bytes);
                files.put(entry.getName(), bytes.toString(StandardCharsets.UTF_8));
            }
        }
        return files;
    }
}
