package dev.isobar.runtime.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.config.Names;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.FeaturePlan;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Endpoints.DeploymentStatus;
import dev.isobar.port.Endpoints.EndpointStatus;
import dev.isobar.port.Endpoints.Request;
import dev.isobar.port.Endpoints.Response;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs.JobStatus;
import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.audit.Audit;
import dev.isobar.runtime.backfill.BackfillJob;
import dev.isobar.runtime.journal.Journal;
import dev.isobar.runtime.result.AuditResult;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.PlanResult;
import dev.isobar.runtime.result.PredictResult;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunSummary;
import dev.isobar.runtime.result.StatusResult;
import dev.isobar.runtime.result.StopResult;
import dev.isobar.runtime.step.RunContext;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The runtime on one target.
 *
 * @since 0.1
 */
public final class IsobarRuntime implements Isobar {
    private static final ObjectMapper MAPPER = JsonMapper.builder().build();
    private static final long STOP_NANOS = 60_000_000_000L;

    private final Target target;
    private final Path home;
    private final Programs programs;
    private final RunBook book;
    private final Journal.Boundary boundary;

    private IsobarRuntime(Target target, Path home, Programs programs, Journal.Boundary boundary) {
        this.target = target;
        this.home = home;
        this.programs = programs;
        this.boundary = boundary;
        this.book = new RunBook(target.objectStore(), journals(home));
    }

    /** Opens the runtime; closing it closes the target's sessions. */
    public static Isobar open(Target target, Path home, Programs programs) {
        return new IsobarRuntime(target, home, programs, Journal.Boundary.NONE);
    }

    /** Opens the runtime with a listener around every effect; for tests that die there. */
    public static Isobar open(Target target, Path home, Programs programs, Journal.Boundary boundary) {
        return new IsobarRuntime(target, home, programs, boundary);
    }

    @Override
    public PlanResult plan(Pipeline pipeline) {
        return Planner.plan(pipeline, target, ScanCosts.of(pipeline.spec(), target, book, ScanCosts.PATIENCE));
    }

    @Override
    public RunResult run(RunRequest request, RunListener listener) {
        requireRunnable(request.pipeline());
        Path scratch = scratch();
        try {
            return new Run(target, home, programs, book, boundary, scratch).execute(request, listener);
        } finally {
            remove(scratch);
        }
    }

    /** What the plan refuses is refused before anything is made. */
    private void requireRunnable(Pipeline pipeline) {
        Planner.plan(pipeline, target, List.of()).steps().stream()
                .filter(s -> s.verdict().equals("REFUSED"))
                .findFirst()
                .ifPresent(s -> {
                    throw IsobarException.of(
                                    ErrorCode.UNSUPPORTED,
                                    "Target '" + target.name() + "' cannot " + s.step() + " this pipeline (" + s.port()
                                            + "): " + s.reason())
                            .resource(pipeline.spec().name())
                            .hint("Do one of: " + s.todo() + ". `isobar plan` shows every step.")
                            .build();
                });
    }

    @Override
    public BackfillResult backfill(BackfillRequest request, RunListener listener) {
        Path scratch = scratch();
        try {
            return new BackfillJob(target, request, listener, scratch).execute();
        } finally {
            remove(scratch);
        }
    }

    @Override
    public StatusResult status() {
        List<Resource> all = resources();
        all.addAll(activeRuns(List.copyOf(all)));
        return new StatusResult(
                home.toString(),
                target.name(),
                all.stream().filter(r -> r.pid() != null).toList(),
                all.stream().filter(r -> r.pid() == null).toList(),
                newestOfEach());
    }

    @Override
    public List<RunSummary> runs(@Nullable String pipeline) {
        List<RunResult> all = book.all();
        if (pipeline != null && all.stream().noneMatch(r -> r.pipeline().equals(pipeline))) {
            book.find(pipeline);
        }
        return all.stream()
                .filter(r -> pipeline == null || r.pipeline().equals(pipeline))
                .map(RunBook::summary)
                .toList();
    }

    @Override
    public RunResult result(String pipelineOrRun) {
        return book.find(pipelineOrRun);
    }

    @Override
    public PredictResult predict(String endpoint, List<Map<String, Object>> instances) {
        String name = endpointName(endpoint);
        Endpoints endpoints = target.endpoints();
        try {
            byte[] body = MAPPER.writeValueAsBytes(Map.of("instances", instances));
            Response r = endpoints.invoke(name, new Request("/invocations", "application/json", Map.of(), body));
            JsonNode json = MAPPER.readTree(new String(r.body(), StandardCharsets.UTF_8));
            if (r.status() != 200) {
                throw refused(name, r.status(), json);
            }
            List<JsonNode> predictions = new ArrayList<>();
            json.path("predictions").forEach(predictions::add);
            EndpointStatus status = endpoints.describe(name).orElseThrow();
            return new PredictResult(name, status.url(), answeredBy(r, status), predictions);
        } catch (JsonProcessingException e) {
            throw IsobarException.of(ErrorCode.UNAVAILABLE, "Endpoint '" + name + "' did not answer in JSON")
                    .cause(e)
                    .build();
        }
    }

    /** The digest of the model that answered: as its server says or, where no header comes through, as its deployment was observed. */
    private static String answeredBy(Response response, EndpointStatus status) {
        String said = response.headers().get("x-isobar-model-digest");
        if (said != null) {
            return said;
        }
        return status.deployments().stream()
                .filter(d -> d.name().equals(response.deployment()))
                .map(DeploymentStatus::observedDigest)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse("");
    }

    @Override
    public AuditResult audit(String pipelineOrRun, @Nullable Path dump) {
        RunResult run = book.find(pipelineOrRun);
        PipelineSpec spec = SpecJson.read(new String(
                target.objectStore()
                        .get(RunContext.object(run.runId(), "spec.json"))
                        .orElseThrow(() -> IsobarException.of(
                                        ErrorCode.INVALID_ARGUMENT,
                                        "Run " + run.runId() + " has served nothing yet; there is nothing to audit")
                                .hint("`isobar runs` shows how far it is.")
                                .build())
                        .content(),
                StandardCharsets.UTF_8));
        Path scratch = scratch();
        try {
            return new Audit(target, spec, FeaturePlan.compile(spec), run.runId(), scratch).run(dump);
        } finally {
            remove(scratch);
        }
    }

    @Override
    public Map<String, List<String>> logs(String pipelineOrRun, int lines) {
        RunResult run = book.find(pipelineOrRun);
        Map<String, List<String>> logs = new LinkedHashMap<>();
        for (JobStatus job : target.trainingJobs().list(Map.of("isobar-run", run.runId()))) {
            List<String> all = target.trainingJobs().logs(job.name(), 0, Integer.MAX_VALUE);
            logs.put("training job " + job.name(), all.subList(Math.max(0, all.size() - lines), all.size()));
        }
        for (String name : target.endpoints().list()) {
            EndpointStatus status = target.endpoints().describe(name).orElse(null);
            if (status != null && run.pipeline().equals(status.labels().get("isobar-pipeline"))) {
                for (DeploymentStatus d : status.deployments()) {
                    logs.put(
                            "endpoint " + name + ", deployment " + d.name(),
                            target.endpoints().logs(name, d.name(), lines));
                }
            }
        }
        return logs;
    }

    @Override
    public StopResult stop(@Nullable String endpoint) {
        List<String> stopped = new ArrayList<>();
        for (String name : endpoint == null ? target.endpoints().list() : List.of(endpointName(endpoint))) {
            target.endpoints().delete(name);
            stopped.add("endpoint " + name);
        }
        if (endpoint == null) {
            for (JobStatus job : target.trainingJobs().list(Map.of())) {
                if (!job.state().terminal()) {
                    target.trainingJobs().cancel(job.name());
                    stopped.add("training job " + job.name());
                }
            }
            awaitNoProcess();
        }
        return new StopResult(
                stopped, resources().stream().filter(r -> r.pid() != null).toList());
    }

    @Override
    public void close() {
        Set<AutoCloseable> sessions = java.util.Collections.newSetFromMap(new IdentityHashMap<>());
        target.bindings().values().forEach(b -> sessions.add(b.session()));
        for (AutoCloseable s : sessions) {
            try {
                s.close();
            } catch (Exception e) {
                throw new IllegalStateException("a session did not close", e);
            }
        }
    }

    static Path journals(Path home) {
        return home.resolve("journal");
    }

    static String journalName(String pipeline, String target) {
        return pipeline + "@" + target;
    }

    private void awaitNoProcess() {
        long deadline = System.nanoTime() + STOP_NANOS;
        while (resources().stream().anyMatch(r -> r.pid() != null) && System.nanoTime() < deadline) {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw IsobarException.of(ErrorCode.CANCELLED, "Stopping was interrupted")
                        .cause(e)
                        .build();
            }
        }
    }

    private List<Resource> resources() {
        Set<dev.isobar.spi.AdapterSession> seen = java.util.Collections.newSetFromMap(new IdentityHashMap<>());
        List<Resource> all = new ArrayList<>();
        for (Target.Binding b : target.bindings().values()) {
            if (seen.add(b.session())) {
                all.addAll(b.session().resources());
            }
        }
        return all;
    }

    private List<RunSummary> newestOfEach() {
        Map<String, RunSummary> newest = new LinkedHashMap<>();
        for (RunResult r : book.all()) {
            newest.putIfAbsent(r.pipeline(), RunBook.summary(r));
        }
        return List.copyOf(newest.values());
    }

    /** The commands that are running a pipeline right now, and what they started for themselves, such as an audit. */
    private List<Resource> activeRuns(List<Resource> known) {
        List<Resource> active = new ArrayList<>();
        for (RunSummary r : newestOfEach()) {
            OptionalLong pid = Journal.holder(journals(home), journalName(r.pipeline(), target.name()));
            if (pid.isEmpty() || pid.getAsLong() == 0) {
                continue;
            }
            active.add(running("run " + r.pipeline(), "run", pid.getAsLong(), r));
            ProcessHandle.of(pid.getAsLong()).stream()
                    .flatMap(ProcessHandle::children)
                    .map(ProcessHandle::pid)
                    .filter(child -> known.stream().noneMatch(k -> child.equals(k.pid())))
                    .filter(child -> child != ProcessHandle.current().pid())
                    .forEach(child -> active.add(running("helper of run " + r.pipeline(), "helper", child, r)));
        }
        return active;
    }

    private static Resource running(String name, String role, long pid, RunSummary r) {
        return new Resource("process", name, r.runId(), "running", pid, Map.of("role", role, "step", r.step()));
    }

    /** An endpoint by its own name, or by that of the pipeline that deployed it. */
    private String endpointName(String given) {
        List<String> names = target.endpoints().list();
        if (names.contains(given)) {
            return given;
        }
        for (String name : names) {
            EndpointStatus status = target.endpoints().describe(name).orElse(null);
            if (status != null && given.equals(status.labels().get("isobar-pipeline"))) {
                return name;
            }
        }
        throw IsobarException.of(
                        ErrorCode.INVALID_ARGUMENT,
                        "There is no endpoint '" + given + "'"
                                + Names.nearest(given, names)
                                        .map(n -> "; did you mean '" + n + "'?")
                                        .orElse(""))
                .at("Endpoints", "describe")
                .resource(given)
                .hint(
                        names.isEmpty()
                                ? "Deploy one: isobar run NAME."
                                : "Live endpoints: " + String.join(", ", names) + ".")
                .build();
    }

    private static IsobarException refused(String endpoint, int status, JsonNode json) {
        JsonNode error = json.path("error");
        ErrorCode code = status == 422
                ? ErrorCode.OUT_OF_RETENTION
                : status == 429
                        ? ErrorCode.THROTTLED
                        : status < 500 ? ErrorCode.INVALID_ARGUMENT : ErrorCode.UNAVAILABLE;
        String hint = error.path("hint").asText("");
        IsobarException.Builder b = IsobarException.of(
                        code, error.path("message").asText("status " + status))
                .at("Endpoints", "invoke")
                .resource(endpoint);
        return (hint.isEmpty() ? b : b.hint(hint)).build();
    }

    private static Path scratch() {
        // The launcher points the temporary folder under ISOBAR_HOME, and sweeps what a killed command leaves there.
        try {
            return Files.createTempDirectory("isobar-run-");
        } catch (IOException e) {
            throw IsobarException.io("creating a scratch folder in " + System.getProperty("java.io.tmpdir"), e);
        }
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path p : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(p);
            }
        } catch (IOException e) {
            throw IsobarException.io("removing " + folder, e);
        }
    }
}
