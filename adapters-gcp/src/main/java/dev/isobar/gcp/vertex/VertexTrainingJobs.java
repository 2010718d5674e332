package dev.isobar.gcp.vertex;

import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.aiplatform.v1.CustomJob;
import com.google.cloud.aiplatform.v1.ListCustomJobsRequest;
import com.google.protobuf.util.Timestamps;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.stager.Stage;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.platform.managed.Pace;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Custom jobs of Vertex AI. The service gives a job a name of its own choice and takes no token with it, so an answer that is lost can leave two jobs where one was
 * wanted. Therefore the lake decides which one counts: of all that carry the labels of one submission, the first that is written down there; the others are
 * cancelled, and what they leave under a prefix of their own is never looked at. Thread safe, also between processes.
 *
 * <pre>
 * vertex/jobs/NAME/job.json             what was asked for
 * vertex/jobs/NAME/effective.json       the custom job that counts
 * vertex/jobs/NAME/ATTEMPT/…            what an attempt's stager left, done.json last
 * vertex/jobs/NAME/promoted.json        the output is where it belongs
 * </pre>
 *
 * @since 0.1
 */
public final class VertexTrainingJobs implements TrainingJobs {
    private static final Logger LOG = LoggerFactory.getLogger(VertexTrainingJobs.class);
    private static final String ROOT = "vertex/jobs/";
    private static final int FAILURE_LINES = 12;
    private static final int PAGE = 1_000;
    private static final int ATTEMPT_DIGITS = 20;
    private static final long FIRST_PAUSE = Duration.ofMillis(50).toNanos();
    private static final long LAST_PAUSE = Duration.ofSeconds(5).toNanos();

    private final Vertex vertex;
    private final Vertex.Calls calls;
    private final VertexSettings settings;
    private final ResourceNames names;
    private final CustomJobRequests requests;
    private final LogTail logs;
    private final Supplier<ObjectStore> lake;
    private final Path scratch;
    private final Pace pace;
    private final Set<String> promoted = ConcurrentHashMap.newKeySet();

    /**
     * Jobs of a project and region.
     *
     * @param lake where channels come from and output goes to; asked for when first needed
     * @param scratch folder on this machine for files that are on their way
     */
    public VertexTrainingJobs(Vertex vertex, Supplier<ObjectStore> lake, Path scratch, VertexSettings settings) {
        this.vertex = vertex;
        this.calls = vertex.calls("TrainingJobs");
        this.settings = settings;
        this.names = new ResourceNames(settings.prefix());
        this.requests = new CustomJobRequests(vertex, settings, names, lake);
        this.logs = new LogTail(vertex);
        this.lake = lake;
        this.scratch = scratch;
        this.pace = new Pace(settings.poll());
    }

    /** The custom job that counts. */
    record Effective(String life, String job) {}

    /** What was promoted. */
    record Promotion(String life, String output, int files) {}

    private String folder(String name) {
        return ROOT + names.of(name) + "/";
    }

    private String jobKey(String name) {
        return folder(name) + "job.json";
    }

    private String effectiveKey(String name) {
        return folder(name) + "effective.json";
    }

    // ---- submit

    @Override
    public JobStatus submit(TrainingJob job) {
        String request = CustomJobRequests.digest(job);
        while (true) {
            Optional<StoredObject> known = lake.get().get(jobKey(job.name()));
            if (known.isEmpty()) {
                requests.check(job);
                declare(job, request, Precondition.absent());
                continue;
            }
            Stage.Work work = work(job.name(), known.get());
            List<CustomJob> made = made(work);
            if (!work.request().equals(request)) {
                if (!made.isEmpty() || effective(job.name(), work).isPresent()) {
                    throw calls.error(
                                    ErrorCode.CONFLICT,
                                    "submit",
                                    job.name(),
                                    "There is a job '" + job.name() + "' that does something else")
                            .hint("A job is named by what it does: give the new one another name.")
                            .build();
                }
                // Nothing came of that one: Vertex AI refused it.
                requests.check(job);
                declare(job, request, Precondition.version(known.get().info().version()));
                continue;
            }
            if (made.isEmpty() && effective(job.name(), work).isEmpty()) {
                requests.check(job);
                made = List.of(create(job, work, known.get().content()));
            }
            return status(work, settle(work, made));
        }
    }

    private void declare(TrainingJob job, String request, Precondition precondition) {
        Stage.Work work = new Stage.Work(
                job.name(),
                UUID.randomUUID().toString().replace("-", "").substring(0, ATTEMPT_DIGITS),
                request,
                job.hyperparameters(),
                job.channels(),
                job.output(),
                job.timeout().toMillis(),
                job.labels());
        try {
            lake.get().put(jobKey(job.name()), CanonicalJson.bytes(work), precondition);
        } catch (IsobarException e) {
            // Somebody else was first; what is there now is read again.
            if (e.code() != ErrorCode.ALREADY_EXISTS && e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
        }
    }

    /** Creates it; what became of a call without an answer is looked up by its label before it is made again. */
    private CustomJob create(TrainingJob job, Stage.Work work, byte[] descriptor) {
        long deadline = System.nanoTime() + vertex.patience().toNanos();
        long pause = FIRST_PAUSE;
        while (true) {
            String attempt = UUID.randomUUID().toString().replace("-", "").substring(0, ATTEMPT_DIGITS);
            Stage stage = new Stage(
                    vertex.project(),
                    vertex.location(),
                    settings.bucket(),
                    settings.lake(),
                    jobKey(job.name()),
                    "sha256:" + ResourceNames.sha256(descriptor),
                    folder(job.name()) + attempt + "/");
            try {
                return calls.call(
                        "submit",
                        job.name(),
                        () -> vertex.jobs().createCustomJob(requests.of(job, stage, work.life(), attempt)));
            } catch (IsobarException e) {
                List<CustomJob> there = ambiguous(e) ? made(work) : List.of();
                if (!there.isEmpty()) {
                    return there.get(0);
                }
                if (!ambiguous(e) && e.code() != ErrorCode.THROTTLED || System.nanoTime() + pause > deadline) {
                    throw e;
                }
                LOG.debug("{} is created again: {}", job.name(), e.getMessage());
            }
            calls.pause(pause, "submit", job.name());
            pause = Math.min(2 * pause, LAST_PAUSE);
        }
    }

    /** Whether a call may have been done although it failed. */
    private static boolean ambiguous(IsobarException e) {
        boolean aborted =
                e.getCause() instanceof ApiException api && api.getStatusCode().getCode() == StatusCode.Code.ABORTED;
        return aborted || e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.TIMEOUT;
    }

    /** All custom jobs of one submission, oldest first. */
    private List<CustomJob> made(Stage.Work work) {
        return custom("labels." + CustomJobRequests.LIFE + "=\"" + work.life() + "\"", work.name());
    }

    private List<CustomJob> custom(String filter, String resource) {
        List<CustomJob> found = calls.call("list", resource, () -> {
            List<CustomJob> all = new ArrayList<>();
            vertex.jobs()
                    .listCustomJobs(ListCustomJobsRequest.newBuilder()
                            .setParent(vertex.parent())
                            .setFilter(filter)
                            .build())
                    .iterateAll()
                    .forEach(all::add);
            return all;
        });
        found.sort(Comparator.comparing(CustomJob::getCreateTime, Timestamps.comparator())
                .thenComparing(CustomJob::getName));
        return found;
    }

    /** Decides which one counts, and cancels the others. */
    private CustomJob settle(Stage.Work work, List<CustomJob> made) {
        Optional<String> decided = effective(work.name(), work);
        if (decided.isEmpty()) {
            CustomJob first = made.get(0);
            try {
                lake.get()
                        .put(
                                effectiveKey(work.name()),
                                CanonicalJson.bytes(new Effective(work.life(), Vertex.id(first.getName()))),
                                replaced(work));
                decided = Optional.of(Vertex.id(first.getName()));
            } catch (IsobarException e) {
                if (e.code() != ErrorCode.ALREADY_EXISTS && e.code() != ErrorCode.CONFLICT) {
                    throw e;
                }
                decided = effective(work.name(), work);
            }
        }
        String id = decided.orElseThrow(() -> gone("submit", work.name()));
        CustomJob counts = null;
        // Also those that an earlier list did not show yet.
        for (CustomJob one : made(work)) {
            if (Vertex.id(one.getName()).equals(id)) {
                counts = one;
            } else if (!JobStates.ended(one) && !JobStates.cancelling(one)) {
                LOG.info("Cancelling {}, a stray of job {}", one.getName(), work.name());
                stop(one);
            }
        }
        return counts != null
                ? counts
                : get("describe", work.name(), id).orElseThrow(() -> gone("describe", work.name()));
    }

    /** A decision of an earlier life, that was not deleted whole, is overwritten. */
    private Precondition replaced(Stage.Work work) {
        return lake.get()
                .get(effectiveKey(work.name()))
                .map(o -> Precondition.version(o.info().version()))
                .orElseGet(Precondition::absent);
    }

    private Optional<String> effective(String name, Stage.Work work) {
        return lake.get()
                .get(effectiveKey(name))
                .map(o -> CanonicalJson.read(
                        o.content(), Effective.class, o.info().key()))
                .filter(e -> e.life().equals(work.life()))
                .map(Effective::job);
    }

    private static Stage.Work work(String name, StoredObject object) {
        return CanonicalJson.read(object.content(), Stage.Work.class, "The record of job " + name);
    }

    private Optional<Stage.Work> work(String name) {
        return lake.get().get(jobKey(name)).map(o -> work(name, o));
    }

    private Optional<CustomJob> get(String operation, String name, String id) {
        try {
            return Optional.of(calls.call(
                    operation, name, () -> vertex.jobs().getCustomJob(vertex.parent() + "/customJobs/" + id)));
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The job that counts; strays that have come to light are cancelled on the way. */
    private Optional<CustomJob> find(Stage.Work work) {
        Optional<String> id = effective(work.name(), work);
        List<CustomJob> made = made(work);
        if (id.isEmpty() && made.isEmpty()) {
            return Optional.empty();
        }
        if (id.isPresent()
                && made.size() == 1
                && Vertex.id(made.get(0).getName()).equals(id.get())) {
            return Optional.of(made.get(0));
        }
        return id.isPresent() && made.isEmpty()
                ? get("describe", work.name(), id.get())
                : Optional.of(settle(work, made));
    }

    // ---- observe

    @Override
    public Optional<JobStatus> describe(String name) {
        pace.await(name);
        return work(name).flatMap(work -> find(work).map(job -> status(work, job)));
    }

    @Override
    public List<JobStatus> list(Map<String, String> labels) {
        StringBuilder filter =
                new StringBuilder("labels." + CustomJobRequests.OWNER + "=\"" + settings.prefix() + "\"");
        new TreeMap<>(labels).forEach((key, value) -> {
            if (CustomJobRequests.fits(key, value)) {
                filter.append(" AND labels.")
                        .append(key)
                        .append("=\"")
                        .append(value)
                        .append('"');
            }
        });
        List<JobStatus> found = new ArrayList<>();
        for (CustomJob job : custom(filter.toString(), String.valueOf(labels))) {
            lake.get()
                    .get(ROOT + job.getDisplayName() + "/job.json")
                    .map(o -> work(job.getDisplayName(), o))
                    .filter(w -> w.life().equals(job.getLabelsOrDefault(CustomJobRequests.LIFE, ""))
                            && w.labels().entrySet().containsAll(labels.entrySet())
                            && effective(w.name(), w)
                                    .filter(Vertex.id(job.getName())::equals)
                                    .isPresent())
                    .ifPresent(w -> found.add(status(w, job)));
        }
        found.sort(Comparator.comparing(JobStatus::name));
        return List.copyOf(found);
    }

    private JobStatus status(Stage.Work work, CustomJob job) {
        boolean late = late(work, job);
        JobState state = JobStates.of(job, late);
        String failure = switch (state) {
            case FAILED ->
                late
                        ? "timeout: it ran longer than the " + work.timeoutMillis() / 1_000.0 + " s it was given ("
                                + job.getError().getMessage() + ")"
                        : failure(work, job);
            case CANCELLED ->
                job.getError().getMessage().isEmpty()
                        ? "cancelled on request"
                        : job.getError().getMessage();
            default -> null;
        };
        if (state == JobState.SUCCEEDED) {
            promote(work, job);
        }
        return new JobStatus(work.name(), state, job.getState().name(), failure, null, Map.copyOf(work.labels()));
    }

    /** Vertex AI does not say which of its ends was one of time. */
    private static boolean late(Stage.Work work, CustomJob job) {
        return JobStates.broken(job)
                && job.hasStartTime()
                && job.hasEndTime()
                && Timestamps.toMillis(job.getEndTime()) - Timestamps.toMillis(job.getStartTime())
                        >= work.timeoutMillis();
    }

    /** What the trainer left in output/failure, else Vertex AI's words with the code, and the last lines. */
    private String failure(Stage.Work work, CustomJob job) {
        String said = done(work, job).map(Stage.Done::failure).orElse("").strip();
        String reason = job.getError().getMessage().isEmpty()
                ? "Vertex AI gives no reason."
                : job.getError().getMessage();
        List<String> lines = calls.call("describe", work.name(), () -> logs.last(filter(job), FAILURE_LINES));
        return (said.isEmpty() ? reason : said + "\n" + reason)
                + (lines.isEmpty() ? "" : "\nIts last lines:\n" + String.join("\n", lines));
    }

    private Optional<Stage.Done> done(Stage.Work work, CustomJob job) {
        String key = attempt(work, job) + Stage.DONE;
        return lake.get().get(key).map(o -> CanonicalJson.read(o.content(), Stage.Done.class, key));
    }

    private String attempt(Stage.Work work, CustomJob job) {
        return folder(work.name()) + job.getLabelsOrDefault(CustomJobRequests.ATTEMPT, "none") + "/";
    }

    /** Puts the job's output where it belongs, unless that has been done. */
    private void promote(Stage.Work work, CustomJob job) {
        if (promoted.contains(work.life())) {
            return;
        }
        String marker = folder(work.name()) + "promoted.json";
        boolean done = lake.get()
                .get(marker)
                .map(o -> CanonicalJson.read(o.content(), Promotion.class, marker))
                .filter(p -> p.life().equals(work.life()))
                .isPresent();
        if (!done) {
            String attempt = attempt(work, job);
            Stage.Done left = done(work, job)
                    .orElseThrow(() -> calls.error(
                                    ErrorCode.CORRUPT,
                                    "describe",
                                    work.name(),
                                    "Job '" + work.name() + "' succeeded and left no " + attempt + Stage.DONE)
                            .hint(
                                    "Its image has to begin with the stager of this adapter: make it with `isobar image trainer --adapter gcp`.")
                            .build());
            String root = work.output().endsWith("/") ? work.output() : work.output() + "/";
            for (String file : left.files()) {
                copy(attempt + file, root + file);
            }
            lake.get()
                    .put(
                            marker,
                            CanonicalJson.bytes(new Promotion(
                                    work.life(), work.output(), left.files().size())),
                            Precondition.none());
        }
        promoted.add(work.life());
    }

    private void copy(String from, String to) {
        try {
            Files.createDirectories(scratch);
            Path file = Files.createTempFile(scratch, "training-output", null);
            try {
                lake.get().getFile(from, file);
                lake.get().putFile(to, file, Precondition.none());
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw IsobarException.io("copying " + from, e);
        }
    }

    private static String filter(CustomJob job) {
        return "resource.type=\"ml_job\" AND resource.labels.job_id=\"" + Vertex.id(job.getName()) + "\"";
    }

    @Override
    public List<String> logs(String name, int from, int limit) {
        if (from < 0 || limit < 0) {
            throw calls.invalid("logs", name, "from and limit are not negative: " + from + ", " + limit);
        }
        CustomJob job = work(name).flatMap(this::find).orElseThrow(() -> gone("logs", name));
        return calls.call("logs", name, () -> logs.read(filter(job), from, limit));
    }

    // ---- end

    @Override
    public void cancel(String name) {
        CustomJob job = work(name).flatMap(this::find).orElseThrow(() -> gone("cancel", name));
        if (!JobStates.ended(job)) {
            stop(job);
        }
    }

    private void stop(CustomJob job) {
        try {
            calls.call("cancel", job.getDisplayName(), () -> {
                vertex.jobs().cancelCustomJob(job.getName());
                return true;
            });
        } catch (IsobarException e) {
            // One that has ended meanwhile is refused; also by the second attempt of a call whose first answer was
            // lost.
            boolean over = get("cancel", job.getDisplayName(), Vertex.id(job.getName()))
                    .map(j -> JobStates.ended(j) || JobStates.cancelling(j))
                    .orElse(true);
            if (!over) {
                throw e;
            }
        }
    }

    @Override
    public void delete(String name) {
        Optional<Stage.Work> work = work(name);
        List<CustomJob> made = work.map(this::made).orElse(List.of());
        if (made.stream().anyMatch(j -> !JobStates.ended(j))) {
            throw calls.error(ErrorCode.IN_USE, "delete", name, "Job '" + name + "' has not ended")
                    .hint("Cancel it first, and wait until it has ended.")
                    .build();
        }
        for (CustomJob job : made) {
            try {
                calls.done(
                        calls.call(
                                "delete",
                                name,
                                () -> vertex.jobs()
                                        .deleteCustomJobCallable()
                                        .call(com.google.cloud.aiplatform.v1.DeleteCustomJobRequest.newBuilder()
                                                .setName(job.getName())
                                                .build())),
                        "delete",
                        name);
            } catch (IsobarException e) {
                if (e.code() != ErrorCode.NOT_FOUND) {
                    throw e;
                }
            }
        }
        // After the jobs, or one without a record could be found meanwhile.
        while (true) {
            List<ObjectInfo> page = lake.get().list(folder(name), null, PAGE);
            page.forEach(o -> lake.get().delete(o.key(), Precondition.none()));
            if (page.size() < PAGE) {
                return;
            }
        }
    }

    /** Jobs that have not ended, strays too. */
    public List<Resource> resources() {
        return custom("labels." + CustomJobRequests.OWNER + "=\"" + settings.prefix() + "\"", "resources").stream()
                .filter(j -> !JobStates.ended(j))
                .map(j -> new Resource(
                        "training job",
                        names.original(j.getDisplayName()).orElse(j.getDisplayName()),
                        j.getName(),
                        j.getState().name().replace("JOB_STATE_", "").toLowerCase(Locale.ROOT),
                        null,
                        Map.of()))
                .toList();
    }

    private IsobarException gone(String operation, String name) {
        return calls.error(ErrorCode.NOT_FOUND, operation, name, "There is no job '" + name + "'")
                .hint("`isobar status` lists those there are.")
                .build();
    }
}
