package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.objects.S3Location;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The operations on training jobs. File mode of S3 prefixes and one instance only; what else the API offers is refused. A job that ran when the
 * emulator was stopped has failed after its restart ({@code InternalServerError}). Thread safe.
 *
 * <p>Words seen from the service: a missing job is a ValidationException "Requested resource not found." (aws/aws-sdk#165), a job that has ended
 * cannot be stopped ("The request was rejected because the training job is in status …", awslabs/benchmark-ai#928), "No S3 objects found under S3
 * URL …" (aws/amazon-sagemaker-examples#2267), "Invalid MaxWaitTimeInSeconds. …" (Kenza-AI/sagify#111). Not verified: the words for a duplicate name,
 * for a wait below the run time, and of the quota.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html">CreateTrainingJob</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html">DescribeTrainingJob</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html">StopTrainingJob</a>
 */
final class TrainingJobs {
    private static final Rule PATH = Rule.length(4096);
    private static final long DAY = 86_400;
    private static final long MAX_RUNTIME = 28 * DAY;

    private final Documents jobs;
    private final Arns arns;
    private final Account account;
    private final S3Files s3;
    private final TrainingRuns runs;

    TrainingJobs(Documents jobs, Arns arns, Account account, S3Files s3, TrainingRuns runs) {
        this.jobs = jobs;
        this.arns = arns;
        this.account = account;
        this.s3 = s3;
        this.runs = runs;
        for (ObjectNode job : jobs.all()) {
            if (!TrainingState.ended(job)) {
                jobs.update(
                        Arns.key(job.path("TrainingJobName").asText()),
                        left -> TrainingState.end(
                                left,
                                "Failed",
                                "Failed",
                                "Training job failed",
                                "InternalServerError: We encountered an internal error.  Please try again. (The emulator"
                                        + " was stopped while the job ran.)"));
            }
        }
    }

    ObjectNode create(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("TrainingJobName", Rules.NAME);
        in.map("HyperParameters", 100, Rule.length(256), Rule.length(2500));
        Members algorithm = in.object("AlgorithmSpecification");
        algorithm.optionalText("TrainingImage", Rule.length(255));
        String mode = algorithm.text("TrainingInputMode", Rule.oneOf("Pipe", "File", "FastFile"));
        algorithm.texts("ContainerEntrypoint", 1, 100, Rule.length(256));
        algorithm.texts("ContainerArguments", 1, 100, Rule.length(256));
        for (Members metric : algorithm.objects("MetricDefinitions", 0, 40)) {
            metric.text("Name", Rule.pattern(1, 255, ".+"));
            compiles(metric, metric.text("Regex", Rule.pattern(1, 500, ".+")));
        }
        String role = in.text("RoleArn", Rules.ROLE);
        for (Members channel : in.objects("InputDataConfig", 1, 20)) {
            channel(channel);
        }
        Members output = in.object("OutputDataConfig");
        output.text("S3OutputPath", Rules.S3_URI);
        output.optionalText("CompressionType", Rule.oneOf("GZIP", "NONE"));
        Members resources = in.object("ResourceConfig");
        String type = resources.text("InstanceType", Rules.INSTANCE_TYPE);
        long count = resources.number("InstanceCount", 0, Integer.MAX_VALUE);
        resources.numberOr("VolumeSizeInGB", 1, 0, Integer.MAX_VALUE);
        Members stopping = in.object("StoppingCondition");
        long runtime = stopping.numberOr("MaxRuntimeInSeconds", DAY, 1, Integer.MAX_VALUE);
        long wait = stopping.numberOr("MaxWaitTimeInSeconds", 0, 1, Integer.MAX_VALUE);
        Members checkpoints = in.optionalObject("CheckpointConfig");
        if (in.has("CheckpointConfig")) {
            checkpoints.text("S3Uri", Rules.S3_URI);
            checkpoints.optionalText("LocalPath", PATH);
        }
        in.map("Environment", 100, Rules.ENVIRONMENT_KEY, Rule.length(512));
        boolean spot = in.flag("EnableManagedSpotTraining");
        ObjectNode job = request.deepCopy();
        job.remove("Tags");
        job.set("_Tags", Rules.tags(in));
        in.check();

        if (!algorithm.has("TrainingImage")) {
            throw ServiceError.validation(
                    "TrainingImage is required: this emulator has no algorithms by AlgorithmName");
        }
        if (mode.equals("Pipe")) {
            throw ServiceError.validation("This emulator has no input mode Pipe: use File or FastFile");
        }
        if (count != 1) {
            throw ServiceError.validation("This emulator trains on one instance, not on InstanceCount " + count);
        }
        stopping(runtime, wait, spot);
        TrainingPaths.checkpoints(job); // refuses what has no place here
        unique(name);
        account.assume(role);
        account.quota(
                type,
                count,
                "training job usage",
                jobs.all().stream()
                        .filter(other -> !TrainingState.ended(other))
                        .filter(other -> other.path("ResourceConfig")
                                .path("InstanceType")
                                .asText()
                                .equals(type))
                        .count());
        in.objects("InputDataConfig", 1, 20).forEach(channel -> present(channel, role));

        String key = Arns.key(name);
        String arn = arns.of("training-job", name);
        double now = Rules.now();
        job.put("TrainingJobArn", arn);
        job.put(TrainingState.STATUS, "InProgress");
        job.put("CreationTime", now);
        job.putObject("ModelArtifacts").put("S3ModelArtifacts", TrainingPaths.artifacts(job));
        TrainingState.enter(job, "Starting", "Starting the training job");
        if (!jobs.create(key, job)) {
            unique(name);
        }
        runs.start(key);
        return JsonNodeFactory.instance.objectNode().put("TrainingJobArn", arn);
    }

    ObjectNode describe(ObjectNode request) {
        return Rules.described(find(name(request)).orElseThrow(TrainingJobs::missing));
    }

    ObjectNode list(ObjectNode request) {
        return Rules.list(
                request,
                jobs.all().stream(),
                "TrainingJobName",
                TrainingState.STATUS,
                true,
                "TrainingJobSummaries",
                job -> Rules.some(
                        job,
                        "TrainingJobName",
                        "TrainingJobArn",
                        "CreationTime",
                        "TrainingEndTime",
                        "LastModifiedTime",
                        TrainingState.STATUS,
                        TrainingState.SECONDARY));
    }

    ObjectNode stop(ObjectNode request) {
        String name = name(request);
        ObjectNode job = find(name).orElseThrow(TrainingJobs::missing);
        if (!job.path(TrainingState.STATUS).asText().equals("InProgress")) {
            throw ServiceError.validation("The request was rejected because the training job is in status "
                    + job.path(TrainingState.STATUS).asText() + ".");
        }
        runs.stop(Arns.key(name));
        return JsonNodeFactory.instance.objectNode();
    }

    ObjectNode delete(ObjectNode request) {
        String name = name(request);
        ObjectNode job = find(name).orElseThrow(TrainingJobs::missing);
        if (!TrainingState.ended(job)) {
            throw new ServiceError(
                    400,
                    "ResourceInUse",
                    "The training job " + job.path("TrainingJobArn").asText() + " is in status "
                            + job.path(TrainingState.STATUS).asText() + ": stop it first.");
        }
        jobs.delete(Arns.key(name));
        return JsonNodeFactory.instance.objectNode();
    }

    private static void compiles(Members metric, String regex) {
        try {
            Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            metric.wrong("Regex", "Member must be a regular expression");
        }
    }

    private static void channel(Members channel) {
        channel.text("ChannelName", Rule.pattern(1, 64, "[A-Za-z0-9\\.\\-_]+"));
        Members s3 = channel.object("DataSource").object("S3DataSource");
        String type =
                s3.text("S3DataType", Rule.oneOf("ManifestFile", "S3Prefix", "AugmentedManifestFile", "Converse"));
        s3.text("S3Uri", Rules.S3_URI);
        s3.optionalText("S3DataDistributionType", Rule.oneOf("FullyReplicated", "ShardedByS3Key"));
        String mode = channel.textOr("InputMode", "File", Rule.oneOf("Pipe", "File", "FastFile"));
        channel.optionalText("ContentType", Rule.length(256));
        String compression = channel.textOr("CompressionType", "None", Rule.oneOf("None", "Gzip"));
        String wrapper = channel.textOr("RecordWrapperType", "None", Rule.oneOf("None", "RecordIO"));
        channel.check();
        if (!type.equals("S3Prefix") || mode.equals("Pipe") || !compression.equals("None") || !wrapper.equals("None")) {
            throw ServiceError.validation("This emulator has channels of S3DataType S3Prefix in File mode, without"
                    + " compression and record wrapper, not " + channel.json());
        }
    }

    private void present(Members channel, String role) {
        String uri = channel.object("DataSource").object("S3DataSource").text("S3Uri", Rules.S3_URI);
        S3Location location;
        try {
            location = S3Location.of(uri);
        } catch (IOException e) {
            throw ServiceError.validation(String.valueOf(e.getMessage()));
        }
        s3.emptiness(location).ifPresent(said -> {
            throw ServiceError.validation("No S3 objects found under S3 URL \"" + uri
                    + "\" given in input data source. Please ensure that the bucket exists in the selected region ("
                    + arns.region() + "), that objects exist under that S3 prefix, and that the role \"" + role
                    + "\" has \"s3:ListBucket\" permissions on bucket \"" + location.bucket() + "\"." + said);
        });
    }

    private static void stopping(long runtime, long wait, boolean spot) {
        if (runtime > MAX_RUNTIME) {
            throw ServiceError.validation("MaxRuntimeInSeconds of " + runtime + " is above 28 days");
        }
        if (!spot && wait > 0) {
            throw ServiceError.validation("Invalid MaxWaitTimeInSeconds. It is only supported when"
                    + " EnableManagedSpotTraining is set to true");
        }
        if (spot && wait == 0) {
            throw ServiceError.validation(
                    "Invalid MaxWaitTimeInSeconds. It is required when EnableManagedSpotTraining is set to true");
        }
        if (spot && wait < runtime) {
            throw ServiceError.validation(
                    "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds");
        }
    }

    private void unique(String name) {
        find(name).ifPresent(job -> {
            throw new ServiceError(
                    400,
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a training job with this"
                            + " name already exists ("
                            + job.path("TrainingJobArn").asText() + ")");
        });
    }

    private Optional<ObjectNode> find(String name) {
        return jobs.get(Arns.key(name));
    }

    private static String name(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("TrainingJobName", Rules.NAME);
        in.check();
        return name;
    }

    private static ServiceError missing() {
        return ServiceError.validation("Requested resource not found.");
    }
}
