package dev.isobar.emulator.gcp.vertex;

import com.google.cloud.aiplatform.v1.ContainerSpec;
import com.google.cloud.aiplatform.v1.CustomJob;
import com.google.cloud.aiplatform.v1.CustomJobSpec;
import com.google.cloud.aiplatform.v1.JobState;
import com.google.cloud.aiplatform.v1.Scheduling;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.isobar.emulation.process.Child;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.state.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One custom job from PENDING to its end, as a process.
 *
 * <p>Words seen from the service: "The replica workerpool0-0 exited with a non-zero status of 1. To find out more about why your job exited please check the logs:
 * …" (googleapis/python-aiplatform#1042 and others), "Unable to pull the image". A spot job whose process is killed by SIGKILL from outside counts as preempted
 * and is started again; that is how a preemption is played here. Not verified: in which words and state the service ends a job that ran out of
 * {@code scheduling.timeout}; here it is FAILED.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/training/code-requirements">what a training container finds</a>
 */
final class CustomJobRun {
    private static final Logger LOG = LoggerFactory.getLogger(CustomJobRun.class);
    private static final int KILLED = 137;
    private static final long WEEK_MILLIS = TimeUnit.DAYS.toMillis(7);

    private final String name;
    private final Table<CustomJob> jobs;
    private final Host host;
    private final Path folder;
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();

    CustomJobRun(String name, Table<CustomJob> jobs, Host host) {
        this.name = name;
        this.jobs = jobs;
        this.host = host;
        this.folder = host.settings().home().resolve("training").resolve(id());
    }

    private String id() {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** Asks it to end. */
    void cancel() {
        jobs.update(
                name,
                job -> CustomJobs.ended(job.getState())
                        ? job
                        : job.toBuilder()
                                .setState(JobState.JOB_STATE_CANCELLING)
                                .setUpdateTime(Account.now())
                                .build());
        cancelled.complete(null);
    }

    /** Runs it to its end. */
    void run() {
        try {
            TimeUnit.MILLISECONDS.sleep(host.settings().pace().toMillis());
            execute();
        } catch (IOException | RuntimeException e) {
            LOG.error("{} failed", name, e);
            end(
                    JobState.JOB_STATE_FAILED,
                    Code.INTERNAL,
                    "Internal error occurred for the current attempt. (" + e + ")");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.debug("{} was cut off: the emulator goes down, and the next one ends the job", name, e);
        }
    }

    private void execute() throws IOException, InterruptedException {
        CustomJobSpec spec = jobs.get(name).orElseThrow().getJobSpec();
        ContainerSpec container = spec.getWorkerPoolSpecs(0).getContainerSpec();
        Optional<ImageTable.Image> image = host.images().find(container.getImageUri());
        if (image.isEmpty()) {
            end(
                    JobState.JOB_STATE_FAILED,
                    Code.INVALID_ARGUMENT,
                    "Unable to pull the image " + container.getImageUri()
                            + ": it does not exist or Vertex AI has no permission to read it. (The image table "
                            + host.images().file() + " has no such image.)");
            return;
        }
        while (true) {
            if (cancelled.isDone()) {
                end(JobState.JOB_STATE_CANCELLED, Code.CANCELLED, "CustomJob was cancelled.");
                return;
            }
            Files.createDirectories(folder);
            Child child = host.children()
                    .start(command(container, image.get()), environment(spec, image.get()), folder, this::hear);
            running();
            Optional<Boolean> cut = await(child, spec.getScheduling());
            if (cut.isPresent()) {
                child.stop(host.settings().grace());
                if (cut.get()) {
                    end(JobState.JOB_STATE_CANCELLED, Code.CANCELLED, "CustomJob was cancelled.");
                } else {
                    end(
                            JobState.JOB_STATE_FAILED,
                            Code.DEADLINE_EXCEEDED,
                            "The job has exceeded its timeout of "
                                    + spec.getScheduling().getTimeout().getSeconds() + " seconds.");
                }
                return;
            }
            int code = child.exit().join();
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            if (code == 0) {
                end(JobState.JOB_STATE_SUCCEEDED, Code.OK, "");
                return;
            }
            if (code != KILLED
                    || cancelled.isDone()
                    || spec.getScheduling().getStrategy() != Scheduling.Strategy.SPOT) {
                end(
                        JobState.JOB_STATE_FAILED,
                        Code.INVALID_ARGUMENT,
                        "The replica workerpool0-0 exited with a non-zero status of " + code
                                + ". To find out more about why your job exited please check the logs:"
                                + " https://console.cloud.google.com/logs/viewer?project=" + VertexSettings.NUMBER
                                + "&resource=ml_job%2Fjob_id%2F" + id());
                return;
            }
            // What the machine had on its disk is gone with it.
            Folders.delete(folder);
        }
    }

    private void hear(String line) {
        host.logs()
                .append(
                        "workerpool0-0",
                        "ml_job",
                        Map.of("job_id", id(), "project_id", host.settings().project(), "task_name", "workerpool0-0"),
                        Map.of(),
                        line);
    }

    private static List<String> command(ContainerSpec container, ImageTable.Image image) {
        List<String> command = new ArrayList<>(container.getCommandCount() > 0 ? List.of() : image.command());
        command.addAll(container.getCommandList());
        command.addAll(container.getArgsList());
        return command;
    }

    private Map<String, String> environment(CustomJobSpec spec, ImageTable.Image image) {
        Map<String, String> environment = host.environment(
                image, spec.getWorkerPoolSpecs(0).getContainerSpec().getEnvList());
        environment.put("CLOUD_ML_JOB_ID", id());
        String base = spec.getBaseOutputDirectory().getOutputUriPrefix();
        if (!base.isEmpty()) {
            String root = base.endsWith("/") ? base : base + "/";
            environment.put("AIP_MODEL_DIR", root + "model/");
            environment.put("AIP_CHECKPOINT_DIR", root + "checkpoints/");
            environment.put("AIP_TENSORBOARD_LOG_DIR", root + "logs/");
        }
        return environment;
    }

    /** Waits for the process; a value says why it must be ended: cancelled, or out of time. */
    private Optional<Boolean> await(Child child, Scheduling scheduling) throws InterruptedException {
        long limit = scheduling.hasTimeout()
                ? scheduling.getTimeout().getSeconds() * 1_000
                        + scheduling.getTimeout().getNanos() / 1_000_000
                : WEEK_MILLIS;
        try {
            CompletableFuture.anyOf(child.exit(), cancelled).get(limit, TimeUnit.MILLISECONDS);
            return child.exit().isDone() ? Optional.empty() : Optional.of(true);
        } catch (TimeoutException e) {
            return Optional.of(false);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void running() {
        jobs.update(
                name,
                job -> job.getState() != JobState.JOB_STATE_PENDING
                        ? job
                        : job.toBuilder()
                                .setState(JobState.JOB_STATE_RUNNING)
                                .setStartTime(Account.now())
                                .setUpdateTime(Account.now())
                                .build());
    }

    private void end(JobState state, Code code, String message) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            LOG.warn("Cannot remove {}", folder, e);
        }
        jobs.update(name, job -> {
            CustomJob.Builder ended =
                    job.toBuilder().setState(state).setEndTime(Account.now()).setUpdateTime(Account.now());
            if (code != Code.OK) {
                ended.setError(Status.newBuilder().setCode(code.getNumber()).setMessage(message));
            }
            return ended.build();
        });
    }
}
