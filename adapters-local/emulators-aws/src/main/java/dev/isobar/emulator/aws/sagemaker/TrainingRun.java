package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.process.Child;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.objects.S3Location;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * One training job from Starting to its end, as a process.
 *
 * <p>Words seen from the service: {@code AlgorithmError: <failure file>, exit code: 1} (an empty text if there is no such file;
 * aws-samples/amazon-sagemaker-ml-pipeline-deploy-with-terraform#12), "Cannot pull algorithm container. Either the image does not exist or its
 * permissions are incorrect." (aws/sagemaker-python-sdk#1968). As with {@code docker run IMAGE train}, {@code train} is the argument of a job that
 * names neither entry point nor arguments. A spot job whose process is killed by SIGKILL from outside counts as interrupted and is started again with its
 * checkpoints; that is how an interruption is played here. Not verified: whether the service makes a model.tar.gz of an empty folder (here it does), and
 * the messages of Interrupted and MaxWaitTimeExceeded.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SecondaryStatusTransition.html">the phases</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-signal-success-failure.html">success and failure</a>
 */
final class TrainingRun {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);
    private static final String GROUP = "/aws/sagemaker/TrainingJobs";
    private static final int KILLED = 137;
    private static final Duration CHECKPOINTS_EVERY = Duration.ofSeconds(1);

    private final String key;
    private final TrainingPaths paths;
    private final Documents jobs;
    private final Host host;
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private final TrainingMetrics metrics;
    private final Map<Path, String> synced = new HashMap<>();

    TrainingRun(String key, TrainingPaths paths, Documents jobs, Host host) {
        this.key = key;
        this.paths = paths;
        this.jobs = jobs;
        this.host = host;
        this.metrics = TrainingMetrics.of(job());
    }

    /** How the command ended. */
    private enum Ending {
        SUCCESS,
        FAILURE,
        STOPPED,
        RUNTIME_EXCEEDED,
        WAIT_EXCEEDED
    }

    /** Runs it to its end. */
    void run() {
        try {
            Optional<ImageTable.Image> image = prepare();
            if (image.isEmpty()) {
                fail(
                        "ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are"
                                + " incorrect. (The image table "
                                + host.images().file() + " has no image "
                                + job().path("AlgorithmSpecification")
                                        .path("TrainingImage")
                                        .asText() + ".)");
            } else {
                execute(image.get());
            }
        } catch (AbortedException e) {
            cutOff(e);
        } catch (SdkException | IOException e) {
            LOG.debug("{} failed", key, e);
            fail("ClientError: Data transfer failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cutOff(e);
        } catch (RuntimeException e) {
            LOG.error("{} failed", key, e);
            fail("InternalServerError: We encountered an internal error.  Please try again. (" + e + ")");
        }
    }

    private void cutOff(Exception by) {
        LOG.debug("{} was cut off: the emulator goes down, and the next one ends the job", key, by);
        ContainerFolders.remove(paths.ml());
    }

    /** Asks it to end. */
    void stop() {
        jobs.update(key, job -> {
            if (!TrainingState.ended(job)) {
                job.put(TrainingState.STATUS, "Stopping");
                TrainingState.enter(job, "Stopping", "Stopping the training job");
            }
        });
        stopped.complete(null);
    }

    private Optional<ImageTable.Image> prepare() throws IOException, InterruptedException {
        linger();
        return host.images()
                .find(job().path("AlgorithmSpecification").path("TrainingImage").asText());
    }

    private void execute(ImageTable.Image image) throws IOException, InterruptedException {
        Instant accepted = Instant.now();
        enter("Downloading", "Downloading input data");
        ObjectNode job = job();
        paths.prepare(job);
        for (JsonNode channel : job.path("InputDataConfig")) {
            if (stopped.isDone()) {
                break;
            }
            host.s3()
                    .download(
                            S3Location.of(channel.path("DataSource")
                                    .path("S3DataSource")
                                    .path("S3Uri")
                                    .asText()),
                            paths.channel(channel.path("ChannelName").asText()));
        }
        Optional<Path> checkpoints = paths.checkpointFolder(job);
        if (checkpoints.isPresent()) {
            host.s3().download(checkpointPrefix(job), checkpoints.get());
        }
        linger();
        Ending ending = stopped.isDone() ? Ending.STOPPED : train(job, image, accepted);
        if (ending == Ending.FAILURE) {
            return; // said by train
        }
        synchronizeCheckpoints(job);
        if (ending == Ending.SUCCESS) {
            enter("Uploading", "Uploading generated training model");
        }
        upload(job);
        linger();
        end(ending);
    }

    private Ending train(ObjectNode job, ImageTable.Image image, Instant accepted)
            throws IOException, InterruptedException {
        long runtime = job.path("StoppingCondition").path("MaxRuntimeInSeconds").asLong(86_400);
        boolean spot = job.path("EnableManagedSpotTraining").asBoolean();
        long wait = job.path("StoppingCondition").path("MaxWaitTimeInSeconds").asLong(runtime);
        Instant patience = spot ? accepted.plusSeconds(wait) : Instant.MAX;
        String stream = job.path("TrainingJobName").asText() + "/algo-1-"
                + Instant.now().getEpochSecond();
        while (true) {
            enter("Training", "Training image download completed. Training in progress.");
            Instant limit = Instant.now().plusSeconds(runtime);
            Child child;
            try {
                child = host.children().start(command(job, image), environment(job, image), paths.ml(), line -> {
                    host.logs().append(GROUP, stream, System.currentTimeMillis(), line);
                    metrics.hear(line);
                });
            } catch (IOException e) {
                fail("AlgorithmError: The command of the image cannot be started: " + e.getMessage());
                return Ending.FAILURE;
            }
            Optional<Ending> cut;
            try {
                cut = await(job, child, limit, patience);
            } catch (IOException | RuntimeException e) {
                child.kill(); // or the command of a failed job would run on
                throw e;
            }
            if (cut.isPresent()) {
                child.stop(host.settings().trainingGrace());
                return cut.get();
            }
            int code = child.exit().join();
            if (code == KILLED
                    && spot
                    && !stopped.isDone()
                    && !Thread.currentThread().isInterrupted()) {
                enter("Interrupted", "Training job interrupted: the spot instance was taken away");
                synchronizeCheckpoints(job);
                enter("Starting", "Starting the training job again");
                continue;
            }
            if (code == 0) {
                return Ending.SUCCESS;
            }
            synchronizeCheckpoints(job); // before it is said to have ended: who reads that may go on from them
            fail("AlgorithmError: " + failure() + ", exit code: " + code);
            return Ending.FAILURE;
        }
    }

    /** Waits for the process; a value says why it must be ended. */
    private Optional<Ending> await(ObjectNode job, Child child, Instant limit, Instant patience)
            throws IOException, InterruptedException {
        CompletableFuture<Object> either = CompletableFuture.anyOf(child.exit(), stopped);
        while (true) {
            try {
                either.get(CHECKPOINTS_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                return child.exit().isDone() ? Optional.empty() : Optional.of(Ending.STOPPED);
            } catch (TimeoutException e) {
                if (Instant.now().isAfter(limit)) {
                    return Optional.of(Ending.RUNTIME_EXCEEDED);
                }
                if (Instant.now().isAfter(patience)) {
                    return Optional.of(Ending.WAIT_EXCEEDED);
                }
                synchronizeCheckpoints(job);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static List<String> command(ObjectNode job, ImageTable.Image image) {
        List<String> command = new ArrayList<>(image.command());
        JsonNode algorithm = job.path("AlgorithmSpecification");
        algorithm.path("ContainerEntrypoint").forEach(word -> command.add(word.asText()));
        algorithm.path("ContainerArguments").forEach(word -> command.add(word.asText()));
        if (command.size() == image.command().size()) {
            command.add("train");
        }
        return command;
    }

    private Map<String, String> environment(ObjectNode job, ImageTable.Image image) {
        Map<String, String> environment = new HashMap<>(image.environment());
        job.path("Environment")
                .properties()
                .forEach(entry ->
                        environment.put(entry.getKey(), entry.getValue().asText()));
        environment.put("ISOBAR_ML_DIR", paths.ml().toAbsolutePath().toString());
        environment.put("TRAINING_JOB_NAME", job.path("TrainingJobName").asText());
        environment.put("TRAINING_JOB_ARN", job.path("TrainingJobArn").asText());
        environment.put("AWS_REGION", host.settings().region());
        environment.putAll(SageMakerSettings.ROLE);
        return environment;
    }

    private String failure() throws IOException {
        return Files.isRegularFile(paths.failure())
                ? new String(Files.readAllBytes(paths.failure()), StandardCharsets.UTF_8).strip()
                : "";
    }

    private void upload(ObjectNode job) throws IOException {
        S3Location output = S3Location.of(TrainingPaths.output(job));
        boolean packed =
                !job.path("OutputDataConfig").path("CompressionType").asText().equals("NONE");
        if (packed) {
            host.s3().uploadTarGz(paths.model(), output.child("model.tar.gz"));
        } else {
            host.s3().upload(paths.model(), output.child("model/"));
        }
        if (!S3Files.files(paths.outputData()).isEmpty()) {
            if (packed) {
                host.s3().uploadTarGz(paths.outputData(), output.child("output.tar.gz"));
            } else {
                host.s3().upload(paths.outputData(), output.child("data/"));
            }
        }
    }

    /** Copies checkpoint files that changed; none is ever removed from S3. */
    private void synchronizeCheckpoints(ObjectNode job) throws IOException {
        Optional<Path> folder = paths.checkpointFolder(job);
        if (folder.isEmpty()) {
            return;
        }
        for (Path file : S3Files.files(folder.get())) {
            String version = Files.size(file) + "@" + Files.getLastModifiedTime(file);
            if (!version.equals(synced.put(file, version))) {
                host.s3()
                        .put(
                                file,
                                checkpointPrefix(job)
                                        .child(S3Files.slashed(folder.get().relativize(file))));
            }
        }
    }

    private static S3Location checkpointPrefix(ObjectNode job) throws IOException {
        String uri = job.path("CheckpointConfig").path("S3Uri").asText();
        return S3Location.of(uri.endsWith("/") ? uri : uri + "/");
    }

    private void end(Ending ending) {
        conclude(job -> {
            switch (ending) {
                case SUCCESS -> TrainingState.end(job, "Completed", "Completed", "Training job completed", null);
                case STOPPED -> TrainingState.end(job, "Stopped", "Stopped", "Training job stopped", null);
                case RUNTIME_EXCEEDED ->
                    TrainingState.end(
                            job,
                            "Stopped",
                            "MaxRuntimeExceeded",
                            "Training job runtime exceeded MaxRuntimeInSeconds provided",
                            null);
                case WAIT_EXCEEDED ->
                    TrainingState.end(
                            job,
                            "Stopped",
                            "MaxWaitTimeExceeded",
                            "Training job wait time exceeded MaxWaitTimeInSeconds provided",
                            null);
                case FAILURE -> throw new IllegalStateException("A failure has its reason");
            }
        });
    }

    private void fail(String reason) {
        conclude(job -> TrainingState.end(job, "Failed", "Failed", "Training job failed", reason));
    }

    private void conclude(Consumer<ObjectNode> end) {
        // Gone before the end is seen: who sees it may delete the job, and give its name to another one.
        ContainerFolders.remove(paths.ml());
        jobs.update(key, job -> {
            metrics.describe(job);
            end.accept(job);
        });
    }

    private void enter(String secondary, String message) {
        jobs.update(key, job -> {
            if (job.path(TrainingState.STATUS).asText().equals("InProgress")) {
                TrainingState.enter(job, secondary, message);
            }
        });
    }

    private void linger() throws InterruptedException {
        if (!host.settings().pace().isZero()) {
            TimeUnit.MILLISECONDS.sleep(host.settings().pace().toMillis());
        }
    }

    private ObjectNode job() {
        return jobs.get(key).orElseThrow();
    }
}
