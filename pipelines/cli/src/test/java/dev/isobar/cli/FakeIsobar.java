package dev.isobar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.port.Resource;
import dev.isobar.runtime.BackfillRequest;
import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.RunListener;
import dev.isobar.runtime.RunRequest;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.result.AuditResult;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.PlanResult;
import dev.isobar.runtime.result.PredictResult;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunSummary;
import dev.isobar.runtime.result.StatusResult;
import dev.isobar.runtime.result.StopResult;
import dev.isobar.spec.SpecJson;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers like the runtime and remembers what it was asked. */
final class FakeIsobar implements Isobar {
    static final RunResult.Consistency EQUAL = new RunResult.Consistency(100, 0, 0, 0);

    @Nullable
    RunRequest request;

    @Nullable
    BackfillRequest backfill;

    @Nullable
    Target target;

    @Nullable
    Programs programs;

    @Nullable
    RuntimeException failure;

    String runStatus = "SUCCEEDED";
    RunResult.@Nullable Failure runFailure;
    RunResult.Consistency consistency = EQUAL;
    List<RunSummary> runs = List.of(summary());
    List<Map<String, Object>> instances = new ArrayList<>();

    @Nullable
    String asked;

    boolean closed;

    static RunSummary summary() {
        return new RunSummary(
                "r-1", "flight-delays", "local", "f24d", "SUCCEEDED", "monitor", "2026-01-01T00:00:00Z", null, 0.76);
    }

    @Override
    public PlanResult plan(Pipeline pipeline) {
        throwIfAsked();
        return new PlanResult(
                pipeline.spec().name(),
                "local",
                pipeline.version(),
                true,
                List.of(new PlanResult.StepPlan(
                        "ingest", "EVENT_STREAM", "local", "append log", "NATIVE", "the log is durable", "")),
                List.of("stream departures"),
                List.of(),
                List.of(
                        new PlanResult.ScanPlan(
                                "feature", "events/flights", 5_242_880L, "as for the tables of run r-1"),
                        new PlanResult.ScanPlan("train", "training-set", null, "unknown: run r-1 has no such table")),
                SpecJson.write(pipeline.spec()));
    }

    @Override
    public RunResult run(RunRequest asks, RunListener listener) {
        throwIfAsked();
        request = asks;
        listener.runStarted("r-1", false);
        listener.stepStarted("ingest");
        listener.progress("ingest", "rows", 507_300, 507_300);
        listener.stepEnded("ingest", "SUCCEEDED", 3.1, "");
        return result("r-1");
    }

    @Override
    public BackfillResult backfill(BackfillRequest asks, RunListener listener) {
        throwIfAsked();
        backfill = asks;
        listener.stepStarted("survey");
        listener.progress("survey", "bytes read", 10, 10);
        listener.notice("The events do not fit");
        listener.stepEnded("survey", "SUCCEEDED", 0.1, "");
        return new BackfillResult(
                "SUCCEEDED",
                "flight-delays",
                "local",
                "f24d17334155745874b81c374a5eb155b110e9f88b0432da1bf338afa01ce59f",
                asks.to().toString(),
                null,
                "AVAILABLE_TIME",
                List.of(new RunResult.StreamCount("departures", 10, 9, 0, 1, 0, Map.of("BAD_VALUE", 1L))),
                9,
                8,
                1,
                Map.of("NO_LABEL_BY_ACCEPT_CUT", 1L),
                List.of("distance"),
                List.of("_label"),
                2,
                1,
                0.5,
                20.0,
                "sha256:aa",
                asks.table() == null
                        ? null
                        : new BackfillResult.TablePart(asks.table(), "backfill-aa", 8, 1_000, "FILE"));
    }

    @Override
    public StatusResult status() {
        throwIfAsked();
        return new StatusResult(
                "/home",
                "local",
                List.of(new Resource("process", "server", "p1", "running", 42L, Map.of("port", "1234"))),
                List.of(new Resource("stream", "departures", "s1", "ready", null, Map.of())),
                runs);
    }

    @Override
    public List<RunSummary> runs(@Nullable String pipeline) {
        throwIfAsked();
        return runs;
    }

    @Override
    public RunResult result(String pipelineOrRun) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        JsonNode monitor = json.objectNode()
                .<com.fasterxml.jackson.databind.node.ObjectNode>set(
                        "features",
                        json.arrayNode()
                                .add(json.objectNode()
                                        .put("name", "distance")
                                        .put("psi", 0.01)
                                        .put("p_value", 0.5)))
                .<com.fasterxml.jackson.databind.node.ObjectNode>set(
                        "performance",
                        json.objectNode().put("auc", 0.77).put("log_loss", 0.45).put("rows", 153_000))
                .<com.fasterxml.jackson.databind.node.ObjectNode>set("quality", json.objectNode())
                .<com.fasterxml.jackson.databind.node.ObjectNode>set("latency", json.objectNode())
                .<com.fasterxml.jackson.databind.node.ObjectNode>set("verdicts", json.arrayNode())
                .put("report", "/home/report.html");
        return new RunResult(
                runStatus,
                "r-1",
                false,
                "flight-delays",
                "local",
                "f24d17334155745874b81c374a5eb155b110e9f88b0432da1bf338afa01ce59f",
                "input",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:30Z",
                List.of(new RunResult.Step("ingest", "SUCCEEDED", 3.1, null)),
                List.of(new RunResult.StreamCount("departures", 10, 9, 0, 1, 0, Map.of("BAD_VALUE", 1L))),
                new RunResult.TrainingSet(5, 4, 1, 1, Map.of("LABEL_UNKNOWN", 1L), "aa"),
                new RunResult.Features(9, List.of("distance"), "bb"),
                new RunResult.Model(1, "cc", new RunResult.Quality(0.76, 0.4, 1), "ACCEPTED", List.of()),
                new RunResult.EndpointInfo(
                        "flight-delays", "http://127.0.0.1:1234", Map.of("d1", 10_000), "cc", List.of(42L)),
                consistency,
                monitor,
                1L << 29,
                Map.of("isobar", 1L << 29),
                runFailure);
    }

    @Override
    public PredictResult predict(String endpoint, List<Map<String, Object>> given) {
        throwIfAsked();
        asked = endpoint;
        instances = given;
        return new PredictResult(
                endpoint, "http://127.0.0.1:1234", "cc", List.of(JsonNodeFactory.instance.numberNode(0.25)));
    }

    @Override
    public AuditResult audit(String pipelineOrRun, @Nullable Path dump) {
        throwIfAsked();
        asked = pipelineOrRun;
        boolean ok = consistency.mismatch() == 0;
        return new AuditResult(
                "r-1",
                "flight-delays",
                ok,
                consistency,
                Map.of("departures", 10L),
                ok
                        ? List.of()
                        : List.of(new AuditResult.AlteredEvent(
                                "departures", "17", "ATL", "2001-01-01T00:00:00Z", "checksum")),
                List.of(),
                dump == null ? null : List.of(dump.resolve("served.csv").toString()),
                1.5,
                1L << 28);
    }

    @Override
    public Map<String, List<String>> logs(String pipelineOrRun, int lines) {
        throwIfAsked();
        asked = pipelineOrRun;
        return Map.of("trainer", List.of("trained"));
    }

    @Override
    public StopResult stop(@Nullable String endpoint) {
        throwIfAsked();
        asked = endpoint;
        return new StopResult(List.of("flight-delays"), List.of());
    }

    @Override
    public void close() {
        closed = true;
    }

    private void throwIfAsked() {
        if (failure != null) {
            throw failure;
        }
    }
}
