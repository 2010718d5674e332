package dev.isobar.aws.sagemaker;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.TrainingJobs;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.port.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sagemaker.model.AlgorithmSpecification;
import software.amazon.awssdk.services.sagemaker.model.Channel;
import software.amazon.awssdk.services.sagemaker.model.CreateTrainingJobRequest;
import software.amazon.awssdk.services.sagemaker.model.S3DataDistribution;
import software.amazon.awssdk.services.sagemaker.model.S3DataType;
import software.amazon.awssdk.services.sagemaker.model.TrainingInputMode;
import software.amazon.awssdk.services.sagemaker.model.TrainingInstanceType;

/**
 * Turns a job into SageMaker's request. What SageMaker would refuse is refused here, in words of the port: limits are those of the API's model,
 * <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html">CreateTrainingJob</a>.
 */
final class TrainingRequests {
    /** Tag with the digest of what was asked for. */
    static final String REQUEST = "isobar:request";

    private static final int HYPERPARAMETERS = 100;
    private static final int HYPERPARAMETER_KEY = 256;
    private static final int HYPERPARAMETER_VALUE = 2_500;
    private static final int VARIABLES = 100;
    private static final int VARIABLE = 512;
    private static final int ARGUMENTS = 100;
    private static final int ARGUMENT = 256;
    private static final int CHANNELS = 20;
    private static final Pattern CHANNEL = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern VARIABLE_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

    private final SageMakerSettings settings;
    private final ResourceNames names;
    private final SageMakerErrors errors;
    private final Supplier<ObjectStore> lake;

    TrainingRequests(
            SageMakerSettings settings, ResourceNames names, SageMakerErrors errors, Supplier<ObjectStore> lake) {
        this.settings = settings;
        this.names = names;
        this.errors = errors;
        this.lake = lake;
    }

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

    /** A job as text. */
    record Asked(
            String name,
            Workload workload,
            Map<String, String> hyperparameters,
            Map<String, String> channels,
            String output,
            long timeoutMillis,
            Map<String, String> labels) {}

    CreateTrainingJobRequest of(TrainingJob job) {
        boolean builtIn = settings.algorithm() == SageMakerSettings.Algorithm.BUILT_IN
                && !job.channels().containsKey(TrainingJobs.CANDIDATE);
        return builtIn
                ? request(builtIn(job), BuiltInXgboost.CONTENT_TYPE, digest(job))
                : request(job, null, digest(job));
    }

    /** The same work for SageMaker's own XGBoost. */
    private TrainingJob builtIn(TrainingJob job) {
        String image = BuiltInXgboost.image(settings.region())
                .orElseThrow(() -> errors.error(
                                ErrorCode.INVALID_CONFIGURATION,
                                "submit",
                                job.name(),
                                "No registry of SageMaker's XGBoost is known for " + settings.region())
                        .hint("Set targets.aws.sagemaker.algorithm=image to train with the pipeline's own trainer.")
                        .build());
        Map<String, String> hyperparameters = BuiltInXgboost.hyperparameters(job.hyperparameters());
        BuiltInXgboost.unknown(hyperparameters).ifPresent(h -> {
            throw errors.invalid("submit", job.name(), "SageMaker's XGBoost has no hyperparameter '" + h + "'");
        });
        Map<String, String> channels = new TreeMap<>(job.channels());
        channels.keySet().retainAll(BuiltInXgboost.CHANNELS);
        return new TrainingJob(
                job.name(),
                Workload.image(image, Map.of()),
                hyperparameters,
                channels,
                job.output(),
                job.timeout(),
                job.labels());
    }

    private CreateTrainingJobRequest request(TrainingJob job, @Nullable String contentType, String digest) {
        check(job);
        String role = settings.roleArn();
        if (role == null) {
            throw errors.error(
                            ErrorCode.INVALID_CONFIGURATION,
                            "submit",
                            job.name(),
                            "No role is configured that SageMaker could assume to train")
                    .hint("Set targets.aws.sagemaker.role-arn to a role that may read and write the lake's bucket.")
                    .build();
        }
        Workload workload = workload(job);
        int timeout = Math.toIntExact(Math.max(1, job.timeout().toSeconds()));
        CreateTrainingJobRequest.Builder request = CreateTrainingJobRequest.builder()
                .trainingJobName(names.of(job.name()))
                .roleArn(role)
                .algorithmSpecification(algorithm(workload))
                .hyperParameters(new TreeMap<>(job.hyperparameters()))
                .inputDataConfig(channels(job, contentType))
                .outputDataConfig(o -> o.s3OutputPath(settings.lake() + TrainingOutput.ROOT))
                .resourceConfig(r -> r.instanceCount(1)
                        .instanceType(TrainingInstanceType.fromValue(settings.trainingInstance()))
                        .volumeSizeInGB(settings.trainingVolumeGib()))
                .environment(new TreeMap<>(workload.environment()))
                .tags(ResourceTags.of(
                        job.labels(),
                        Map.of(
                                ResourceTags.NAME,
                                job.name(),
                                ResourceTags.INSTANCE,
                                settings.instance(),
                                TrainingOutput.TAG,
                                job.output(),
                                REQUEST,
                                digest)));
        if (settings.spot()) {
            // What the trainer leaves under /opt/ml/checkpoints comes back when a spot instance was taken away.
            request.enableManagedSpotTraining(true)
                    .checkpointConfig(c ->
                            c.s3Uri(settings.lake() + TrainingOutput.folder(names.of(job.name())) + "checkpoints/"))
                    .stoppingCondition(s -> s.maxRuntimeInSeconds(timeout)
                            .maxWaitTimeInSeconds(timeout
                                    + Math.toIntExact(settings.spotWait().toSeconds())));
        } else {
            request.stoppingCondition(s -> s.maxRuntimeInSeconds(timeout));
        }
        return request.build();
    }

    private static AlgorithmSpecification algorithm(Workload workload) {
        AlgorithmSpecification.Builder algorithm = AlgorithmSpecification.builder()
                .trainingImage(workload.image())
                .trainingInputMode(TrainingInputMode.FILE);
        if (!workload.command().isEmpty()) {
            algorithm.containerArguments(workload.command());
        }
        return algorithm.build();
    }

    private Workload workload(TrainingJob job) {
        if (job.workload().image() == null) {
            throw noImage(errors, "submit", job.name(), "image.trainer");
        }
        return job.workload();
    }

    /** What to say of a workload that is a command only. */
    static IsobarException noImage(SageMakerErrors errors, String operation, String resource, String key) {
        return errors.error(
                        ErrorCode.INVALID_CONFIGURATION,
                        operation,
                        resource,
                        "SageMaker runs container images, and there is none for '" + resource + "'")
                .hint("Build one with `isobar image`, push it to ECR and name it with its digest as " + key + ".")
                .build();
    }

    private List<Channel> channels(TrainingJob job, @Nullable String contentType) {
        List<Channel> channels = new ArrayList<>();
        new TreeMap<>(job.channels())
                .forEach((name, prefix) -> channels.add(Channel.builder()
                        .channelName(name)
                        .inputMode(TrainingInputMode.FILE)
                        .contentType(contentType)
                        .dataSource(d -> d.s3DataSource(s -> s.s3DataType(S3DataType.S3_PREFIX)
                                .s3DataDistributionType(S3DataDistribution.FULLY_REPLICATED)
                                .s3Uri(settings.lake() + source(job.name(), name, prefix))))
                        .build()));
        return channels;
    }

    /** SageMaker takes every key that starts so: {@code in/a} would bring {@code in/ab} along. */
    private String source(String job, String channel, String prefix) {
        ObjectStore store = lake.get();
        if (!prefix.endsWith("/") && store.head(prefix).isPresent()) {
            List<ObjectInfo> neighbours = store.list(prefix, null, 2);
            if (neighbours.size() > 1) {
                throw errors.invalid(
                        "submit",
                        job,
                        "The channel '" + channel + "' is the object " + prefix + ", but SageMaker would also take "
                                + neighbours.get(1).key());
            }
            return prefix;
        }
        String folder = prefix.endsWith("/") ? prefix : prefix + "/";
        if (store.list(folder, null, 1).isEmpty()) {
            throw errors.error(
                            ErrorCode.NOT_FOUND,
                            "submit",
                            job,
                            "The channel '" + channel + "' of job '" + job + "' has no object under " + folder)
                    .hint("The step before this one stores it; run the pipeline from there.")
                    .build();
        }
        return folder;
    }

    private void check(TrainingJob job) {
        ResourceTags.check("TrainingJobs", "submit", job.name(), job.labels());
        if (job.timeout().isNegative() || job.timeout().isZero()) {
            throw errors.invalid("submit", job.name(), "Job '" + job.name() + "' has no time to run");
        }
        if (job.channels().isEmpty() || job.channels().size() > CHANNELS) {
            throw errors.invalid(
                    "submit",
                    job.name(),
                    "A job has 1 to " + CHANNELS + " channels, not "
                            + job.channels().size());
        }
        for (String channel : job.channels().keySet()) {
            if (!CHANNEL.matcher(channel).matches()) {
                throw errors.invalid("submit", job.name(), "The channel's name '" + channel + "' is not " + CHANNEL);
            }
        }
        checkEntries(
                job.name(),
                "hyperparameter",
                job.hyperparameters(),
                HYPERPARAMETERS,
                HYPERPARAMETER_KEY,
                HYPERPARAMETER_VALUE);
        checkEntries(job.name(), "variable", job.workload().environment(), VARIABLES, VARIABLE, VARIABLE);
        for (String variable : job.workload().environment().keySet()) {
            if (!VARIABLE_NAME.matcher(variable).matches()) {
                throw errors.invalid("submit", job.name(), "The variable '" + variable + "' is not " + VARIABLE_NAME);
            }
        }
        List<String> arguments = job.workload().command();
        if (arguments.size() > ARGUMENTS || arguments.stream().anyMatch(a -> a.length() > ARGUMENT)) {
            throw errors.invalid(
                    "submit",
                    job.name(),
                    "SageMaker takes at most " + ARGUMENTS + " arguments of " + ARGUMENT
                            + " characters for a container");
        }
    }

    private void checkEntries(
            String job, String what, Map<String, String> entries, int most, int longestKey, int longestValue) {
        if (entries.size() > most) {
            throw errors.invalid(
                    "submit", job, entries.size() + " " + what + "s are more than the " + most + " SageMaker takes");
        }
        entries.forEach((key, value) -> {
            if (key.length() > longestKey || value.length() > longestValue) {
                throw errors.invalid(
                        "submit",
                        job,
                        "The " + what + " '" + key + "' is longer than SageMaker takes: " + longestKey
                                + " characters of name, " + longestValue + " of value; it has " + value.length());
            }
        });
    }
}
