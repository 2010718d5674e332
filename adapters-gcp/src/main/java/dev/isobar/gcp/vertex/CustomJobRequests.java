package dev.isobar.gcp.vertex;

import com.google.cloud.aiplatform.v1.ContainerSpec;
import com.google.cloud.aiplatform.v1.CreateCustomJobRequest;
import com.google.cloud.aiplatform.v1.CustomJob;
import com.google.cloud.aiplatform.v1.CustomJobSpec;
import com.google.cloud.aiplatform.v1.EnvVar;
import com.google.cloud.aiplatform.v1.GcsDestination;
import com.google.cloud.aiplatform.v1.MachineSpec;
import com.google.cloud.aiplatform.v1.Scheduling;
import com.google.cloud.aiplatform.v1.WorkerPoolSpec;
import com.google.protobuf.util.Durations;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.stager.Stage;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.port.Workload;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Turns a job into Vertex AI's request: one worker pool of one machine, whose image begins with the stager.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec">CustomJobSpec</a>
 */
final class CustomJobRequests {
    /** Whose job it is: the prefix of this adapter instance. */
    static final String OWNER = "isobar";

    /** Tells a job from one that had its name before. */
    static final String LIFE = "isobar-life";

    /** Tells two jobs apart that are one to the port, because an answer was lost. */
    static final String ATTEMPT = "isobar-attempt";

    private static final Pattern CHANNEL = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    // Of the labels' 64, ours are three.
    private static final int LABELS = 60;

    private final Vertex vertex;
    private final Vertex.Calls calls;
    private final VertexSettings settings;
    private final ResourceNames names;
    private final Supplier<ObjectStore> lake;

    CustomJobRequests(Vertex vertex, VertexSettings settings, ResourceNames names, Supplier<ObjectStore> lake) {
        this.vertex = vertex;
        this.calls = vertex.calls("TrainingJobs");
        this.settings = settings;
        this.names = names;
        this.lake = lake;
    }

    /** A job as text. */
    record Asked(
            String name,
            Workload workload,
            Map<String, String> hyperparameters,
            Map<String, String> channels,
            String output,
            long timeoutMillis,
            Map<String, String> labels) {}

    /** Tells one request from another: two jobs of one name are the same if this is. */
    static String digest(TrainingJob job) {
        return ResourceNames.sha256(CanonicalJson.write(new Asked(
                job.name(),
                job.workload(),
                job.hyperparameters(),
                job.channels(),
                job.output(),
                job.timeout().toMillis(),
                job.labels())));
    }

    /** Refuses what Vertex AI or the stager would refuse, before anything is made. */
    void check(TrainingJob job) {
        if (job.workload().image() == null) {
            throw noImage(calls, "submit", job.name(), "image.trainer");
        }
        if (job.timeout().isNegative() || job.timeout().isZero()) {
            throw calls.invalid("submit", job.name(), "Job '" + job.name() + "' has no time to run");
        }
        if (job.channels().isEmpty()) {
            throw calls.invalid("submit", job.name(), "Job '" + job.name() + "' has no channel");
        }
        for (String variable : job.workload().environment().keySet()) {
            if (!VARIABLE.matcher(variable).matches()) {
                throw calls.invalid("submit", job.name(), "The variable '" + variable + "' is not " + VARIABLE);
            }
        }
        new TreeMap<>(job.channels()).forEach((channel, prefix) -> {
            if (!CHANNEL.matcher(channel).matches() || channel.equals(".") || channel.equals("..")) {
                throw calls.invalid("submit", job.name(), "The channel's name '" + channel + "' is not " + CHANNEL);
            }
            String folder = prefix.endsWith("/") ? prefix : prefix + "/";
            boolean there = !prefix.endsWith("/") && lake.get().head(prefix).isPresent()
                    || !lake.get().list(folder, null, 1).isEmpty();
            if (!there) {
                throw calls.error(
                                ErrorCode.NOT_FOUND,
                                "submit",
                                job.name(),
                                "The channel '" + channel + "' of job '" + job.name() + "' has no object under "
                                        + folder)
                        .hint("The step before this one stores it; run the pipeline from there.")
                        .build();
            }
        });
    }

    /** What to say of a workload that is a command only. */
    static IsobarException noImage(Vertex.Calls calls, String operation, String resource, String key) {
        return calls.error(
                        ErrorCode.INVALID_CONFIGURATION,
                        operation,
                        resource,
                        "Vertex AI runs container images, and there is none for '" + resource + "'")
                .hint(
                        "Build one with `isobar image` for this target, push it to Artifact Registry and name it with its digest as "
                                + key + ".")
                .build();
    }

    /** A label's value that Vertex AI takes, or null. */
    static boolean fits(String key, String value) {
        return key.matches("[a-z][a-z0-9_-]{0,62}") && value.matches("[a-z0-9_-]{0,63}") && !key.startsWith(OWNER);
    }

    CreateCustomJobRequest of(TrainingJob job, Stage stage, String life, String attempt) {
        ContainerSpec.Builder container = ContainerSpec.newBuilder()
                .setImageUri(String.valueOf(job.workload().image()))
                .addAllArgs(job.workload().command())
                .addEnv(variable(Stage.VARIABLE, stage.toJson()));
        new TreeMap<>(job.workload().environment()).forEach((name, value) -> container.addEnv(variable(name, value)));
        Scheduling.Builder scheduling = Scheduling.newBuilder().setTimeout(duration(job.timeout()));
        if (settings.spot()) {
            // What the trainer leaves under /opt/ml/checkpoints comes back when a machine was taken away.
            scheduling
                    .setStrategy(Scheduling.Strategy.SPOT)
                    .setRestartJobOnWorkerRestart(true)
                    .setMaxWaitDuration(duration(settings.spotWait()));
        }
        CustomJobSpec.Builder spec = CustomJobSpec.newBuilder()
                .addWorkerPoolSpecs(WorkerPoolSpec.newBuilder()
                        .setMachineSpec(MachineSpec.newBuilder().setMachineType(settings.machineType()))
                        .setReplicaCount(1)
                        .setContainerSpec(container))
                .setScheduling(scheduling)
                .setBaseOutputDirectory(
                        GcsDestination.newBuilder().setOutputUriPrefix(settings.lakeUri() + stage.attempt()));
        if (settings.serviceAccount() != null) {
            spec.setServiceAccount(settings.serviceAccount());
        }
        CustomJob.Builder made = CustomJob.newBuilder()
                .setDisplayName(names.of(job.name()))
                .setJobSpec(spec)
                .putLabels(OWNER, settings.prefix())
                .putLabels(LIFE, life)
                .putLabels(ATTEMPT, attempt);
        new TreeMap<>(job.labels()).forEach((key, value) -> {
            if (fits(key, value) && made.getLabelsCount() < LABELS) {
                made.putLabels(key, value);
            }
        });
        return CreateCustomJobRequest.newBuilder()
                .setParent(vertex.parent())
                .setCustomJob(made)
                .build();
    }

    private static com.google.protobuf.Duration duration(Duration duration) {
        return Durations.fromMillis(duration.toMillis());
    }

    private static EnvVar variable(String name, String value) {
        return EnvVar.newBuilder().setName(name).setValue(value).build();
    }
}
