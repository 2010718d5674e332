package dev.isobar.runtime.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.FeaturePlan;
import dev.isobar.port.Endpoints.DeploymentStatus;
import dev.isobar.port.Endpoints.EndpointStatus;
import dev.isobar.port.Endpoints.ReplicaStatus;
import dev.isobar.port.Metrics;
import dev.isobar.port.Precondition;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.audit.Audit;
import dev.isobar.runtime.journal.Journal;
import dev.isobar.runtime.monitor.LatencyResult;
import dev.isobar.runtime.report.HtmlReport;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunResult.Consistency;
import dev.isobar.runtime.result.RunResult.EndpointInfo;
import dev.isobar.runtime.result.RunResult.Features;
import dev.isobar.runtime.result.RunResult.Step;
import dev.isobar.runtime.step.DeployStep;
import dev.isobar.runtime.step.FeatureStep;
import dev.isobar.runtime.step.IngestStep;
import dev.isobar.runtime.step.MonitorStep;
import dev.isobar.runtime.step.RunContext;
import dev.isobar.runtime.step.TrainStep;
import dev.isobar.runtime.table.RowDigest;
import dev.isobar.spec.DeploySpec;
import dev.isobar.spec.MonitorSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.spec.TrainingSpec;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One run: the five steps in order, each taken up where an earlier attempt left it. Used once. */
final class Run {
    private static final ObjectMapper MAPPER = JsonMapper.builder().build();
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    /**
     * Failures that the same command may overcome when the world has changed: the run stays open and is taken up. Where Isobar runs and as whom is no part of what a run is, so
     * what was configured wrong is of them.
     */
    private static final Set<ErrorCode> RESUMABLE = EnumSet.of(
            ErrorCode.INVALID_CONFIGURATION,
            ErrorCode.RESOURCE_EXHAUSTED,
            ErrorCode.UNAVAILABLE,
            ErrorCode.TIMEOUT,
            ErrorCode.THROTTLED,
            ErrorCode.CANCELLED,
            ErrorCode.IN_USE,
            ErrorCode.PERMISSION_DENIED,
            ErrorCode.UNAUTHENTICATED);

    /** Steps whose containers are somebody's: what makes one end may be in its image or in the account, and what the run has done until then is as good as before. */
    private static final Set<String> IN_CONTAINERS = Set.of(TrainStep.NAME, DeployStep.NAME);

    private final Target target;
    private final Path home;
    private final Programs programs;
    private final RunBook book;
    private final Journal.Boundary boundary;
    private final Path scratch;

    /** What the audit process found. */
    public record Audited(
            Consistency consistency,
            long peakHeapBytes,
            @Nullable String finding) {}

    Run(Target target, Path home, Programs programs, RunBook book, Journal.Boundary boundary, Path scratch) {
        this.target = target;
        this.home = home;
        this.programs = programs;
        this.book = book;
        this.boundary = boundary;
        this.scratch = scratch;
    }

    RunResult execute(RunRequest request, RunListener listener) {
        PipelineSpec spec = withOverrides(request.pipeline().spec(), request.hyperparameters());
        TrainingSpec training = required(spec.training(), "train");
        DeploySpec deploy = required(spec.deploy(), "deploy");
        MonitorSpec monitor = required(spec.monitor(), "monitor");
        checkPort(request.endpointPort(), deploy);
        String version = SpecJson.version(spec);
        String input = fingerprint(spec, request.sources());
        FeaturePlan plan = FeaturePlan.compile(spec);
        String identity =
                RowDigest.ofBytes((version + "|" + target.name() + "|" + input).getBytes(StandardCharsets.UTF_8));
        try (Journal journal = Journal.open(
                IsobarRuntime.journals(home), IsobarRuntime.journalName(spec.name(), target.name()), boundary)) {
            Journal.Run run = journal.begin(identity, () -> newId(spec, identity));
            listener.runStarted(run.id(), run.resumed());
            RunContext context = new RunContext(
                    run.id(),
                    run.started(),
                    spec,
                    version,
                    plan,
                    request,
                    target,
                    programs,
                    journal,
                    listener,
                    scratch);
            RunRecord record = new RunRecord(
                    run.id(),
                    run.resumed(),
                    spec.name(),
                    target.name(),
                    version,
                    input,
                    run.started().toString(),
                    List.of(IngestStep.NAME, FeatureStep.NAME, TrainStep.NAME, DeployStep.NAME, MonitorStep.NAME));
            return new Steps(context, record, training, deploy, monitor).execute();
        }
    }

    /** The steps of one run with what they share. */
    private final class Steps {
        private final RunContext run;
        private final RunRecord record;
        private final TrainingSpec training;
        private final DeploySpec deploy;
        private final MonitorSpec monitor;
        private String current = IngestStep.NAME;
        private long began = System.nanoTime();

        Steps(RunContext run, RunRecord record, TrainingSpec training, DeploySpec deploy, MonitorSpec monitor) {
            this.run = run;
            this.record = record;
            this.training = training;
            this.deploy = deploy;
            this.monitor = monitor;
        }

        RunResult execute() {
            try {
                String status = steps();
                record.finish(status, Instant.now().toString());
                book.write(record.result());
                run.journal().finish(run.runId());
            } catch (IsobarException e) {
                record.fail(current, e);
                double seconds = secondsSince(began);
                record.step(new Step(current, "FAILED", seconds, String.valueOf(e.getMessage())));
                run.listener().stepEnded(current, "FAILED", seconds, String.valueOf(e.getMessage()));
                boolean open = RESUMABLE.contains(e.code())
                        || e.code() == ErrorCode.WORKLOAD_FAILED && IN_CONTAINERS.contains(current);
                record.finish("FAILED", Instant.now().toString());
                if (!open) {
                    run.journal().finish(run.runId());
                }
                if (e.code() != ErrorCode.RESOURCE_EXHAUSTED) {
                    writeAlthough(e);
                }
            }
            return record.result();
        }

        /** The lake may be what failed: then that is what is told, once. */
        private void writeAlthough(IsobarException failure) {
            try {
                book.write(record.result());
            } catch (IsobarException again) {
                failure.addSuppressed(again);
            }
        }

        private String steps() {
            IngestStep.Done ingested = step(
                    IngestStep.NAME,
                    () -> new IngestStep(run).execute(),
                    d -> "SUCCEEDED",
                    d -> count(d.events()) + " records");
            record.streams(ingested.streams());
            FeatureStep.Done featured = step(
                    FeatureStep.NAME,
                    () -> new FeatureStep(run, training).execute(),
                    d -> "SUCCEEDED",
                    d -> count(d.vectors()) + " vectors, "
                            + count(d.trainingSet().rows()) + " labelled");
            record.trainingSet(featured.trainingSet());
            TrainStep.Done trained = step(
                    TrainStep.NAME,
                    () -> new TrainStep(run, training).execute(featured.trainingSet()),
                    TrainStep.Done::status,
                    d -> String.join("; ", d.reasons()));
            record.model(trained.model());
            record.heap("trainer", trained.trainerPeakHeap());
            if (trained.status().equals("REJECTED")) {
                return "REJECTED";
            }
            DeployStep deployment = new DeployStep(run, deploy);
            DeployStep.Done deployed = step(
                    DeployStep.NAME,
                    () -> deployment.execute(trained),
                    d -> "SUCCEEDED",
                    d -> d.url() + (d.canary() ? ", canary first" : ""));
            deployment.ensure();
            observe(deployment);
            step(MonitorStep.NAME, () -> monitor(deployment, deployed, trained), m -> "SUCCEEDED", m -> m);
            return "SUCCEEDED";
        }

        private String monitor(DeployStep deployment, DeployStep.Done deployed, TrainStep.Done trained) {
            MonitorStep step = new MonitorStep(run, training, deploy, monitor);
            LatencyResult latency = step.replay(deployment, deployed, trained);
            Features features = step.features();
            record.features(features);
            observe(deployment);
            MonitorStep.Watched watched = step.watch(record.streams(), latency);
            Audited audited = audit();
            record.consistency(audited.consistency());
            record.heap("audit", audited.peakHeapBytes());
            record.heap("run", Audit.peakHeap());
            ObjectNode json = MAPPER.valueToTree(watched.result());
            Path report = home.resolve("reports").resolve(run.runId() + ".html");
            json.put("report", report.toString());
            record.monitor(json);
            String html = HtmlReport.render(Reports.input(
                    record.result(),
                    watched,
                    training,
                    Duration.between(run.started(), Instant.now()).toMillis() / 1e3));
            byte[] bytes = html.getBytes(StandardCharsets.UTF_8);
            target.objectStore().put(run.object("report.html"), bytes, Precondition.none());
            try {
                Files.createDirectories(report.getParent());
                target.objectStore().getFile(run.object("report.html"), report);
            } catch (IOException e) {
                throw IsobarException.io("writing the report " + report, e);
            }
            publish(watched);
            Consistency c = audited.consistency();
            if (c.mismatch() + c.missing() + c.extra() > 0 || audited.finding() != null) {
                throw IsobarException.of(
                                ErrorCode.CORRUPT,
                                "What was served is not what the lake says: " + c.mismatch() + " vectors differ, "
                                        + c.missing() + " are missing, " + c.extra() + " too many"
                                        + (audited.finding() == null ? "" : "; " + audited.finding()))
                        .hint("`isobar audit " + run.runId() + " --dump DIR` writes both sides.")
                        .build();
            }
            Double auc = watched.result().performance().auc();
            return auc == null
                    ? watched.result().performance().rows() + " labelled predictions"
                    : String.format(
                            java.util.Locale.ROOT,
                            "live AUC %.4f on %,d labelled predictions",
                            auc,
                            watched.result().performance().rows());
        }

        private <T> T step(
                String name,
                Supplier<T> act,
                java.util.function.Function<T, String> status,
                java.util.function.Function<T, String> note) {
            current = name;
            Step before = run.journal()
                    .result(run.runId(), "step." + name, Step.class)
                    .orElse(null);
            record.step(new Step(name, "RUNNING", 0, null));
            book.write(record.result());
            run.listener().stepStarted(name);
            began = System.nanoTime();
            T done = act.get();
            double seconds = secondsSince(began);
            Step ended = before != null ? before : new Step(name, status.apply(done), seconds, note.apply(done));
            if (before == null) {
                run.journal().milestone(run.runId(), "step." + name, ended);
            }
            record.step(ended);
            run.listener().stepEnded(name, ended.status(), ended.seconds(), ended.note() == null ? "" : ended.note());
            return done;
        }

        private void observe(DeployStep deployment) {
            EndpointStatus status = deployment.status();
            List<Long> pids = new ArrayList<>();
            String digest = "";
            for (DeploymentStatus d : status.deployments()) {
                for (ReplicaStatus r : d.replicas()) {
                    if (r.pid() != null) {
                        pids.add(r.pid());
                    }
                    if (r.url() != null && r.ready()) {
                        record.heap("server " + d.name() + "/" + r.replica(), serverHeap(r.url()));
                    }
                }
                if (status.basisPoints().getOrDefault(d.name(), 0) > 0 && d.observedDigest() != null) {
                    digest = d.observedDigest();
                }
            }
            record.endpoint(new EndpointInfo(status.endpoint(), status.url(), status.basisPoints(), digest, pids));
        }

        /** The audit runs in another process, from what is on disk alone. */
        private Audited audit() {
            return run.journal().once(run.runId(), "monitor.audit", Audited.class, () -> {
                List<String> command = new ArrayList<>(programs.isobar());
                command.addAll(List.of("audit", run.runId(), "--output", "json"));
                Path errors = scratch.resolve("audit.err");
                try {
                    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
                    builder.environment()
                            .put(
                                    Programs.PARENT_VARIABLE,
                                    Long.toString(ProcessHandle.current().pid()));
                    Process process = builder.start();
                    process.getOutputStream().close();
                    String out;
                    try (InputStream in = process.getInputStream()) {
                        out = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                    }
                    process.waitFor(1, TimeUnit.MINUTES);
                    JsonNode json = MAPPER.readTree(out);
                    JsonNode consistency = json.path("consistency");
                    if (consistency.isMissingNode()) {
                        throw IsobarException.of(
                                        ErrorCode.WORKLOAD_FAILED,
                                        "The audit failed: "
                                                + json.path("error")
                                                        .path("message")
                                                        .asText(Files.readString(errors)
                                                                .strip()))
                                .hint("Run it alone: isobar audit " + run.runId())
                                .build();
                    }
                    return new Audited(
                            MAPPER.treeToValue(consistency, Consistency.class),
                            json.path("peak_heap_bytes").asLong(),
                            json.path("ok").asBoolean()
                                    ? null
                                    : json.path("findings").path(0).asText("see isobar audit"));
                } catch (JsonProcessingException e) {
                    throw IsobarException.of(
                                    ErrorCode.WORKLOAD_FAILED,
                                    "The audit did not answer in JSON; see isobar audit " + run.runId())
                            .cause(e)
                            .build();
                } catch (IOException e) {
                    throw IsobarException.io("running the audit", e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw IsobarException.of(ErrorCode.CANCELLED, "The audit was interrupted")
                            .cause(e)
                            .build();
                }
            });
        }

        private void publish(MonitorStep.Watched watched) {
            long now = dev.isobar.event.RowText.micros(Instant.now());
            List<Metrics.Point> points = new ArrayList<>();
            Map<String, String> labels = Map.of("pipeline", run.spec().name());
            Double auc = watched.result().performance().auc();
            Double logLoss = watched.result().performance().logLoss();
            if (auc != null) {
                points.add(new Metrics.Point("isobar_live_auc", labels, auc, now));
            }
            if (logLoss != null) {
                points.add(new Metrics.Point("isobar_live_log_loss", labels, logLoss, now));
            }
            watched.result().features().forEach(f -> {
                Double psi = f.psi();
                if (psi != null) {
                    points.add(new Metrics.Point(
                            "isobar_feature_psi",
                            Map.of("pipeline", run.spec().name(), "feature", f.name()),
                            psi,
                            now));
                }
            });
            target.metrics().publish(points);
        }
    }

    private static double secondsSince(long nanos) {
        return Math.round((System.nanoTime() - nanos) / 1e6) / 1e3;
    }

    private static long serverHeap(String url) {
        try {
            HttpResponse<String> r = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(url + "/isobar/v1/status"))
                                    .timeout(Duration.ofSeconds(5))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return MAPPER.readTree(r.body()).path("peak_heap_bytes").asLong();
        } catch (IOException e) {
            // A replica that is being replaced right now has no heap to speak of.
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "The run was interrupted")
                    .cause(e)
                    .build();
        }
    }

    private static PipelineSpec withOverrides(PipelineSpec spec, Map<String, String> hyperparameters) {
        TrainingSpec t = spec.training();
        if (t == null || hyperparameters.isEmpty()) {
            return spec;
        }
        Map<String, String> merged = new TreeMap<>(t.hyperparameters());
        merged.putAll(hyperparameters);
        TrainingSpec changed = new TrainingSpec(
                t.name(),
                t.task(),
                t.decisions(),
                t.label(),
                t.labelStream(),
                t.joinOn(),
                t.algorithm(),
                merged,
                t.trainUntilMicros(),
                t.acceptUntilMicros(),
                t.gates());
        return new PipelineSpec(
                spec.name(),
                spec.labels(),
                spec.sources(),
                spec.streams(),
                spec.entities(),
                spec.views(),
                spec.decisions(),
                spec.features(),
                changed,
                spec.deploy(),
                spec.monitor());
    }

    private static <T> T required(@Nullable T part, String step) {
        if (part == null) {
            throw IsobarException.of(
                            ErrorCode.INVALID_PIPELINE, "The pipeline has no " + step + " step; a run has all five")
                    .hint("Add ." + step + "(…) to the pipeline.")
                    .build();
        }
        return part;
    }

    /** Better now than after all the work. The port is checked again when the endpoint takes it. */
    private void checkPort(int port, DeploySpec deploy) {
        boolean fixed =
                port > 0 && target.binding(Port.ENDPOINTS).capabilities().has(Capability.FIXED_PORT);
        if (!fixed) {
            return;
        }
        boolean ours = target.endpoints()
                .describe(deploy.endpoint())
                .map(s -> URI.create(s.url()).getPort() == port)
                .orElse(false);
        if (ours) {
            return;
        }
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            probe.setReuseAddress(true);
        } catch (IOException e) {
            throw IsobarException.of(ErrorCode.IN_USE, "Port " + port + " of this machine is in use")
                    .at("Endpoints", "apply")
                    .resource("endpoint.port")
                    .hint("Choose another one with --set endpoint.port=N, or leave it out for any free one.")
                    .cause(e)
                    .build();
        }
    }

    private static String fingerprint(PipelineSpec spec, Map<String, Path> sources) {
        StringBuilder all = new StringBuilder();
        spec.sources().forEach(s -> {
            Path file = sources.get(s.name());
            if (file == null || !Files.isRegularFile(file)) {
                throw IsobarException.of(
                                ErrorCode.INVALID_CONFIGURATION,
                                file == null
                                        ? "Source '" + s.name() + "' has no file"
                                        : "Source '" + s.name() + "': there is no file " + file)
                        .resource("sources." + s.name() + ".path")
                        .hint("Say where it is: --set sources." + s.name() + ".path=FILE")
                        .build();
            }
            try {
                all.append(s.name()).append('=').append(RowDigest.ofFile(file)).append('\n');
            } catch (IOException e) {
                throw IsobarException.io("reading " + file, e);
            }
        });
        return RowDigest.ofBytes(all.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String newId(PipelineSpec spec, String identity) {
        return spec.name() + "-" + STAMP.format(Instant.now()) + "-"
                + identity.substring("sha256:".length(), "sha256:".length() + 4);
    }

    private static String count(long n) {
        return String.format(java.util.Locale.ROOT, "%,d", n);
    }
}
