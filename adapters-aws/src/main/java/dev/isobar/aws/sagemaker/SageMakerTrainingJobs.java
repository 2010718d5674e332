package dev.isobar.aws.sagemaker;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.Pace;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.CreateTrainingJobRequest;
import software.amazon.awssdk.services.sagemaker.model.DescribeTrainingJobResponse;
import software.amazon.awssdk.services.sagemaker.model.Filter;
import software.amazon.awssdk.services.sagemaker.model.Operator;
import software.amazon.awssdk.services.sagemaker.model.ResourceType;
import software.amazon.awssdk.services.sagemaker.model.SecondaryStatus;
import software.amazon.awssdk.services.sagemaker.model.SortOrder;
import software.amazon.awssdk.services.sagemaker.model.TrainingJobStatus;

/**
 * Training jobs of SageMaker. A job's name is unique in an account, so a submission whose answer was lost finds its own job the second time; the digest of what
 * was asked for is a tag, so that another request under the name is told apart. Thread safe.
 *
 * @since 0.1
 */
public final class SageMakerTrainingJobs implements TrainingJobs {
    private static final String GROUP = "/aws/sagemaker/TrainingJobs";
    private static final int FAILURE_LINES = 12;

    private final SageMakerClient client;
    private final SageMakerSettings settings;
    private final ResourceNames names;
    private final SageMakerErrors errors;
    private final TrainingRequests requests;
    private final TrainingOutput output;
    private final LogStreams logs;
    private final Pace pace;
    // A job's tags are written once, with the job; by its ARN and the time of its making, for a name may be used again.
    private final ConcurrentMap<String, Map<String, String>> tags = new ConcurrentHashMap<>();

    /**
     * Jobs of an account and region.
     *
     * @param lake where channels come from and output goes to; asked for when first needed
     * @param scratch folder on this machine for files that are on their way
     */
    public SageMakerTrainingJobs(
            SageMakerClient client,
            CloudWatchLogsClient logs,
            Supplier<ObjectStore> lake,
            Path scratch,
            SageMakerSettings settings) {
        this.client = client;
        this.settings = settings;
        this.names = new ResourceNames(settings.prefix());
        this.errors = new SageMakerErrors(settings.instance(), "TrainingJobs");
        this.requests = new TrainingRequests(settings, names, errors, lake);
        this.output = new TrainingOutput(lake, scratch);
        this.logs = new LogStreams(logs);
        this.pace = new Pace(settings.poll());
    }

    @Override
    public JobStatus submit(TrainingJob job) {
        Optional<DescribeTrainingJobResponse> known = find("submit", job.name());
        if (known.isEmpty()) {
            CreateTrainingJobRequest request = requests.of(job);
            try {
                client.createTrainingJob(request);
            } catch (SdkException e) {
                // Also the second attempt of a call whose first answer was lost ends here.
                if (!SageMakerErrors.exists(e)) {
                    throw errors.translate(e, "submit", job.name());
                }
            }
            known = find("submit", job.name());
        }
        DescribeTrainingJobResponse found = known.orElseThrow(() -> gone("submit", job.name()));
        if (!TrainingRequests.digest(job).equals(tags(found).get(TrainingRequests.REQUEST))) {
            throw errors.error(
                            ErrorCode.CONFLICT,
                            "submit",
                            job.name(),
                            "There is a job '" + job.name() + "' (" + found.trainingJobArn()
                                    + ") that does something else")
                    .hint("A job is named by what it does: give the new one another name.")
                    .build();
        }
        return status(found);
    }

    @Override
    public Optional<JobStatus> describe(String name) {
        pace.await(name);
        return find("describe", name).map(this::status);
    }

    @Override
    public List<JobStatus> list(Map<String, String> labels) {
        List<Filter> filters = new ArrayList<>();
        filters.add(filter("TrainingJobName", Operator.CONTAINS, settings.prefix() + "-"));
        labels.forEach((key, value) -> filters.add(filter("Tags." + key, Operator.EQUALS, value)));
        return errors.call("list", String.valueOf(labels), () -> {
            List<JobStatus> found = new ArrayList<>();
            client
                    .searchPaginator(
                            r -> r.resource(ResourceType.TRAINING_JOB).searchExpression(x -> x.filters(filters)))
                    .results()
                    .stream()
                    .map(r -> r.trainingJob())
                    .filter(j -> names.ours(j.trainingJobName())
                            && j.trainingJobStatus() != TrainingJobStatus.UNKNOWN_TO_SDK_VERSION)
                    .forEach(j -> status(j).ifPresent(found::add));
            found.removeIf(s -> !s.labels().entrySet().containsAll(labels.entrySet()));
            found.sort(Comparator.comparing(JobStatus::name));
            return List.copyOf(found);
        });
    }

    private static Filter filter(String name, Operator operator, String value) {
        return Filter.builder().name(name).operator(operator).value(value).build();
    }

    private Optional<JobStatus> status(software.amazon.awssdk.services.sagemaker.model.TrainingJob job) {
        Map<String, String> its = ResourceTags.map(job.tags());
        if (!its.containsKey(TrainingRequests.REQUEST)) {
            return Optional.empty();
        }
        return Optional.of(status(
                job.trainingJobName(),
                its,
                job.trainingJobStatusAsString(),
                job.secondaryStatusAsString(),
                job.failureReason()));
    }

    private JobStatus status(DescribeTrainingJobResponse job) {
        return status(
                job.trainingJobName(),
                tags(job),
                job.trainingJobStatusAsString(),
                job.secondaryStatusAsString(),
                job.failureReason());
    }

    private JobStatus status(
            String sageMakerName,
            Map<String, String> its,
            String status,
            @Nullable String secondary,
            @Nullable String failureReason) {
        String name = its.getOrDefault(
                ResourceTags.NAME, names.original(sageMakerName).orElse(sageMakerName));
        boolean late = SecondaryStatus.MAX_RUNTIME_EXCEEDED.toString().equals(secondary)
                || SecondaryStatus.MAX_WAIT_TIME_EXCEEDED.toString().equals(secondary);
        JobState state = switch (TrainingJobStatus.fromValue(status)) {
            case COMPLETED -> JobState.SUCCEEDED;
            case FAILED -> JobState.FAILED;
            case STOPPED -> late ? JobState.FAILED : JobState.CANCELLED;
            case STOPPING -> JobState.STOPPING;
            case IN_PROGRESS -> progress(secondary);
            case DELETING, UNKNOWN_TO_SDK_VERSION -> JobState.STOPPING;
        };
        String failure = switch (state) {
            case FAILED ->
                late
                        ? "timeout: it ran longer than it was given (" + secondary + ")"
                        : failure(sageMakerName, failureReason);
            case CANCELLED -> failureReason == null ? "cancelled on request" : failureReason;
            default -> null;
        };
        if (state == JobState.SUCCEEDED) {
            output.promote(sageMakerName, its.getOrDefault(TrainingOutput.TAG, ""));
        }
        String raw = secondary == null || secondary.equals(status) ? status : status + "/" + secondary;
        return new JobStatus(name, state, raw, failure, null, ResourceTags.labels(its));
    }

    private static JobState progress(@Nullable String secondary) {
        return switch (SecondaryStatus.fromValue(secondary == null ? "Starting" : secondary)) {
            case STARTING, PENDING, LAUNCHING_ML_INSTANCES, PREPARING_TRAINING_STACK, DOWNLOADING_TRAINING_IMAGE ->
                JobState.PENDING;
            default -> JobState.RUNNING;
        };
    }

    /** SageMaker knows the exit code and what the trainer left in output/failure; the last lines say the rest. */
    private String failure(String sageMakerName, @Nullable String reason) {
        List<String> lines =
                errors.call("describe", sageMakerName, () -> logs.last(GROUP, sageMakerName + "/", FAILURE_LINES));
        String first = reason == null ? "SageMaker gives no reason." : reason;
        return lines.isEmpty() ? first : first + "\nIts last lines:\n" + String.join("\n", lines);
    }

    @Override
    public List<String> logs(String name, int from, int limit) {
        if (from < 0 || limit < 0) {
            throw errors.invalid("logs", name, "from and limit are not negative: " + from + ", " + limit);
        }
        String streams = names.of(name) + "/";
        List<String> lines = errors.call("logs", name, () -> logs.read(GROUP, streams, from, limit));
        if (lines.isEmpty() && find("logs", name).isEmpty()) {
            throw gone("logs", name);
        }
        return lines;
    }

    @Override
    public void cancel(String name) {
        try {
            client.stopTrainingJob(r -> r.trainingJobName(names.of(name)));
        } catch (SdkException e) {
            if (SageMakerErrors.missing(e)) {
                throw gone("cancel", name);
            }
            // One that has ended is refused, and so is one that was asked before and lost the answer.
            TrainingJobStatus now =
                    find("cancel", name).orElseThrow(() -> gone("cancel", name)).trainingJobStatus();
            if (now == TrainingJobStatus.IN_PROGRESS
                    || SageMakerErrors.refusal(e).isEmpty()) {
                throw errors.translate(e, "cancel", name);
            }
        }
    }

    @Override
    public void delete(String name) {
        Optional<DescribeTrainingJobResponse> job = find("delete", name);
        if (job.isPresent() && !ended(job.get().trainingJobStatus())) {
            throw errors.error(ErrorCode.IN_USE, "delete", name, "Job '" + name + "' has not ended")
                    .hint("Cancel it first.")
                    .build();
        }
        String sageMakerName = names.of(name);
        if (job.isPresent()) {
            try {
                client.deleteTrainingJob(r -> r.trainingJobName(sageMakerName));
            } catch (SdkException e) {
                if (!SageMakerErrors.missing(e)) {
                    throw errors.translate(e, "delete", name);
                }
            }
        }
        // After the job, or a job without output could be found meanwhile.
        output.discard(sageMakerName);
        logs.forget(GROUP, sageMakerName + "/");
    }

    /** Jobs that have not ended. */
    public List<Resource> resources() {
        return errors.call("list", "resources", () -> {
            List<Resource> resources = new ArrayList<>();
            for (TrainingJobStatus status : List.of(TrainingJobStatus.IN_PROGRESS, TrainingJobStatus.STOPPING)) {
                client
                        .listTrainingJobsPaginator(r -> r.nameContains(settings.prefix() + "-")
                                .statusEquals(status)
                                .sortOrder(SortOrder.ASCENDING))
                        .stream()
                        .flatMap(p -> p.trainingJobSummaries().stream())
                        .filter(j -> names.ours(j.trainingJobName()))
                        .forEach(j -> resources.add(new Resource(
                                "training job",
                                names.original(j.trainingJobName()).orElse(j.trainingJobName()),
                                j.trainingJobArn(),
                                j.trainingJobStatusAsString().toLowerCase(Locale.ROOT),
                                null,
                                Map.of())));
            }
            return List.copyOf(resources);
        });
    }

    private static boolean ended(TrainingJobStatus status) {
        return status == TrainingJobStatus.COMPLETED
                || status == TrainingJobStatus.FAILED
                || status == TrainingJobStatus.STOPPED
                || status == TrainingJobStatus.DELETING;
    }

    private Optional<DescribeTrainingJobResponse> find(String operation, String name) {
        try {
            DescribeTrainingJobResponse job = client.describeTrainingJob(r -> r.trainingJobName(names.of(name)));
            return job.trainingJobStatus() == TrainingJobStatus.DELETING ? Optional.empty() : Optional.of(job);
        } catch (SdkException e) {
            if (SageMakerErrors.missing(e)) {
                return Optional.empty();
            }
            throw errors.translate(e, operation, name);
        }
    }

    private Map<String, String> tags(DescribeTrainingJobResponse job) {
        return tags.computeIfAbsent(
                job.trainingJobArn() + " " + job.creationTime(),
                k -> errors.call(
                        "describe", job.trainingJobName(), () -> ResourceTags.read(client, job.trainingJobArn())));
    }

    private IsobarException gone(String operation, String name) {
        return errors.error(ErrorCode.NOT_FOUND, operation, name, "There is no job '" + name + "'")
                .hint("`isobar status` lists those there are.")
                .build();
    }
}
