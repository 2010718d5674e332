package dev.isobar.cli.print;

import com.fasterxml.jackson.databind.JsonNode;
import dev.isobar.port.Resource;
import dev.isobar.runtime.result.AuditResult;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.PlanResult;
import dev.isobar.runtime.result.PredictResult;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunSummary;
import dev.isobar.runtime.result.StatusResult;
import dev.isobar.runtime.result.StopResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Answers as text for people. Immutable. */
public final class Summaries {
    private static final int DRIFTERS_SHOWN = 4;
    private static final int VERDICTS_SHOWN = 5;

    private final Terminal terminal;

    /** Texts for that terminal. */
    public Summaries(Terminal terminal) {
        this.terminal = terminal;
    }

    /** How a run ended: streams, training, model, endpoint, consistency, monitor, and where the time went. */
    public String run(RunResult run) {
        StringBuilder out = new StringBuilder();
        out.append(terminal.strong(run.pipeline()))
                .append(" on ")
                .append(run.target())
                .append(": ")
                .append(terminal.status(run.status()))
                .append(run.resumed() ? " (taken up again)" : "")
                .append("  run ")
                .append(run.runId())
                .append("  version ")
                .append(Numbers.digest(run.specVersion()))
                .append("\n");
        streams(out, run.streams());
        StringBuilder facts = new StringBuilder();
        RunResult.TrainingSet rows = run.trainingSet();
        if (rows != null) {
            fact(
                    facts,
                    "training set",
                    Numbers.count(rows.rows()) + " rows (" + Numbers.count(rows.trainRows()) + " to train, "
                            + Numbers.count(rows.acceptRows()) + " to accept), " + Numbers.count(rows.leftOut())
                            + " left out" + (rows.reasons().isEmpty() ? "" : ": " + counts(rows.reasons())) + "  "
                            + Numbers.digest(rows.digest()));
        }
        RunResult.Features features = run.features();
        if (features != null) {
            fact(
                    facts,
                    "features",
                    Numbers.count(features.rows()) + " vectors of "
                            + features.columns().size() + " features  " + Numbers.digest(features.digest()));
        }
        RunResult.Model model = run.model();
        if (model != null) {
            fact(
                    facts,
                    "model",
                    "version " + model.version() + ", AUC "
                            + Numbers.measure(model.metrics().auc()) + ", log loss "
                            + Numbers.measure(model.metrics().logLoss()) + " on "
                            + Numbers.count(model.metrics().rows()) + " rows  " + Numbers.digest(model.digest()));
            fact(facts, "gate", terminal.status(model.gate()) + reasons(model.gateReasons()));
        }
        RunResult.Consistency consistency = run.consistency();
        if (consistency != null) {
            fact(facts, "consistency", consistency(consistency));
        }
        JsonNode monitor = run.monitor();
        if (monitor != null) {
            monitor(facts, monitor);
        }
        fact(facts, "time", time(run.steps()));
        if (run.peakHeapBytes() > 0) {
            fact(
                    facts,
                    "heap",
                    Numbers.bytes(run.peakHeapBytes()) + " at its peak, all processes together"
                            + (run.peakHeapByProcess().isEmpty()
                                    ? ""
                                    : " ("
                                            + run.peakHeapByProcess().entrySet().stream()
                                                    .map(e -> e.getKey() + " " + Numbers.bytes(e.getValue()))
                                                    .collect(Collectors.joining(", "))
                                            + ")"));
        }
        out.append('\n').append(facts);
        RunResult.EndpointInfo endpoint = run.endpoint();
        if (endpoint != null) {
            out.append('\n').append(endpoint(endpoint, run.target()));
        }
        RunResult.Failure failure = run.failure();
        if (failure != null) {
            out.append('\n').append(Failures.text(failure, terminal));
        }
        return terminal.plain(out.toString());
    }

    private void streams(StringBuilder out, List<RunResult.StreamCount> streams) {
        if (streams.isEmpty()) {
            return;
        }
        Table table = new Table(terminal, "stream", "in", "out", "late", "dead letter", "duplicates", "reasons");
        for (RunResult.StreamCount s : streams) {
            table.row(
                    s.name(),
                    Numbers.count(s.in()),
                    Numbers.count(s.out()),
                    Numbers.count(s.late()),
                    Numbers.count(s.deadLetter()),
                    Numbers.count(s.duplicates()),
                    counts(s.reasons()));
        }
        out.append('\n').append(table.text());
    }

    /** What a backfill read and wrote. */
    public String backfill(BackfillResult set) {
        StringBuilder out = new StringBuilder();
        out.append(terminal.strong(set.pipeline()))
                .append(" on ")
                .append(set.target())
                .append(": ")
                .append(terminal.status(set.status()))
                .append("  version ")
                .append(Numbers.digest(set.specVersion()))
                .append("\n");
        streams(out, set.streams());
        StringBuilder facts = new StringBuilder();
        fact(
                facts,
                "training set",
                Numbers.count(set.rows()) + " rows of " + set.features().size() + " features"
                        + (set.labels().isEmpty() ? "" : " and " + String.join(", ", set.labels())) + ", "
                        + Numbers.count(set.leftOut()) + " decisions left out"
                        + (set.reasons().isEmpty() ? "" : ": " + counts(set.reasons())) + "  "
                        + Numbers.digest(set.digest()));
        fact(
                facts,
                "known",
                set.knownBy().equals("EVENT_TIME")
                        ? "everything recorded, by event time"
                        : "what had become available by each decision's available time");
        fact(
                facts,
                "time",
                Numbers.duration(set.seconds()) + " on " + set.threads() + (set.threads() == 1 ? " thread" : " threads")
                        + " in " + set.passes() + (set.passes() == 1 ? " pass, " : " passes, ")
                        + Numbers.count(Math.round(set.rowsPerSecond())) + " rows/s");
        fact(facts, "file", set.to());
        BackfillResult.TablePart part = set.table();
        if (part != null) {
            fact(
                    facts,
                    "table",
                    part.name() + " on " + set.target() + ", part " + part.part() + ", "
                            + Numbers.count(part.rows()) + " rows "
                            + (part.by().equals("FILE") ? "by one load of the file" : "one by one"));
        }
        String dead = set.deadLetters();
        if (dead != null) {
            fact(facts, "dead letters", dead);
        }
        out.append('\n').append(facts);
        return terminal.plain(out.toString());
    }

    /** What a run would do. */
    public String plan(PlanResult plan) {
        StringBuilder out = new StringBuilder();
        out.append(terminal.strong(plan.pipeline()))
                .append(" on ")
                .append(plan.target())
                .append("  version ")
                .append(Numbers.digest(plan.specVersion()))
                .append("\n\n");
        Table table = new Table(terminal, "step", "port", "verdict", "runs on", "why");
        for (PlanResult.StepPlan s : plan.steps()) {
            table.row(s.step(), s.port(), terminal.status(s.verdict()), s.service(), s.reason());
        }
        out.append(table.text());
        for (PlanResult.StepPlan s : plan.steps()) {
            if (!s.todo().isEmpty()) {
                out.append("  next (")
                        .append(s.step())
                        .append("): ")
                        .append(s.todo())
                        .append('\n');
            }
        }
        section(out, "It would make", plan.resources());
        section(out, "Worth knowing", plan.remarks());
        scans(out, plan.scans());
        out.append('\n')
                .append(
                        plan.runnable()
                                ? "It can run: `isobar run " + plan.pipeline() + " --target " + plan.target() + "`.\n"
                                : terminal.bad("It cannot run on " + plan.target() + " as it is.") + "\n");
        return terminal.plain(out.toString());
    }

    private void scans(StringBuilder out, List<PlanResult.ScanPlan> scans) {
        if (scans.isEmpty()) {
            return;
        }
        out.append('\n')
                .append(terminal.strong("What it would read of tables, charged by the byte"))
                .append('\n');
        Table table = new Table(terminal, "step", "reads", "processed", "how that is known");
        long sum = 0;
        boolean all = true;
        for (PlanResult.ScanPlan s : scans) {
            Long bytes = s.bytes();
            table.row(s.step(), s.reads(), bytes == null ? "-" : Numbers.bytes(bytes), s.basis());
            sum += bytes == null ? 0 : bytes;
            all &= bytes != null;
        }
        out.append(table.text());
        if (sum > 0) {
            out.append(all ? "In all " : "What is known: ")
                    .append(Numbers.bytes(sum))
                    .append('\n');
        }
    }

    /** Everything that exists. */
    public String status(StatusResult status) {
        StringBuilder out = new StringBuilder();
        out.append("target ")
                .append(status.target())
                .append(", home ")
                .append(status.home())
                .append('\n');
        out.append('\n').append(terminal.strong("Processes")).append('\n');
        out.append(status.processes().isEmpty() ? "none\n" : resources(status.processes(), true));
        out.append('\n').append(terminal.strong("Resources")).append('\n');
        out.append(status.resources().isEmpty() ? "none\n" : resources(status.resources(), false));
        out.append('\n').append(terminal.strong("Newest runs")).append('\n');
        out.append(runs(status.runs()));
        return terminal.plain(out.toString());
    }

    /** One line a run. */
    public String runs(List<RunSummary> runs) {
        if (runs.isEmpty()) {
            return "none yet: `isobar run NAME` makes the first; `isobar pipelines` lists names\n";
        }
        Table table = new Table(terminal, "run", "pipeline", "target", "status", "step", "started", "finished", "auc");
        for (RunSummary r : runs) {
            table.row(
                    r.runId(),
                    r.pipeline(),
                    r.target(),
                    terminal.status(r.status()),
                    r.step(),
                    r.started(),
                    r.finished() == null ? "-" : r.finished(),
                    Numbers.measure(r.auc()));
        }
        return table.text();
    }

    /** What the endpoint answered. */
    public String predict(PredictResult result) {
        StringBuilder out = new StringBuilder();
        for (JsonNode prediction : result.predictions()) {
            out.append(prediction.toString()).append('\n');
        }
        return out.append(terminal.quiet(
                        result.endpoint() + " at " + result.url() + ", model " + Numbers.digest(result.modelDigest())))
                .append('\n')
                .toString();
    }

    /** Whether what was served is what the lake says. */
    public String audit(AuditResult audit) {
        StringBuilder out = new StringBuilder();
        out.append(audit.ok() ? terminal.good(terminal.tick()) : terminal.bad(terminal.cross()))
                .append(' ')
                .append(audit.pipeline())
                .append(" run ")
                .append(audit.runId())
                .append(": ")
                .append(consistency(audit.consistency()))
                .append("  ")
                .append(Numbers.duration(audit.seconds()))
                .append('\n');
        if (!audit.events().isEmpty()) {
            out.append("  events in the lake: ").append(counts(audit.events())).append('\n');
        }
        if (!audit.altered().isEmpty()) {
            Table table = new Table(terminal, "stream", "event", "key", "event time", "what");
            audit.altered().forEach(a -> table.row(a.stream(), a.id(), a.key(), a.eventTime(), a.what()));
            out.append('\n').append(table.text());
        }
        section(out, "Findings", audit.findings());
        if (audit.csv() != null) {
            section(out, "Both sides as CSV", audit.csv());
        }
        return terminal.plain(out.toString());
    }

    /** The last lines of processes. */
    public String logs(Map<String, List<String>> logs) {
        StringBuilder out = new StringBuilder();
        logs.forEach((source, lines) -> {
            out.append(terminal.strong("== " + source)).append('\n');
            lines.forEach(l -> out.append(l).append('\n'));
        });
        return out.length() == 0 ? "no lines\n" : out.toString();
    }

    /** What was stopped and what lives on. */
    public String stop(StopResult result) {
        StringBuilder out = new StringBuilder();
        out.append(
                result.stopped().isEmpty()
                        ? "Nothing was running.\n"
                        : "Stopped " + String.join(", ", result.stopped()) + ".\n");
        if (!result.processes().isEmpty()) {
            out.append('\n').append(terminal.strong("Still alive")).append('\n');
            out.append(resources(result.processes(), true));
        }
        return out.toString();
    }

    /** What can be run by name. */
    public String pipelines(Documents.PipelineList list) {
        if (list.pipelines().isEmpty()) {
            return "none built; give `isobar run` the JAR of a pipeline\n";
        }
        Table table = new Table(terminal, "name", "version", "about");
        for (Documents.PipelineEntry p : list.pipelines()) {
            String version = p.specVersion() == null ? terminal.bad("broken") : Numbers.digest(p.specVersion());
            table.row(
                    p.name(),
                    version,
                    p.error() == null
                            ? p.description()
                            : p.error().lines().findFirst().orElse(""));
        }
        return table.text();
    }

    /** Which emulators run. */
    public String emulators(Documents.EmulatorList list) {
        if (list.emulators().isEmpty()) {
            return "no cloud can be emulated by this checkout\n";
        }
        StringBuilder out = new StringBuilder();
        for (Documents.EmulatedCloud c : list.emulators()) {
            out.append(terminal.strong(c.cloud())).append(": ");
            if (!c.running()) {
                out.append("no emulators run; `isobar emulators up ")
                        .append(c.cloud())
                        .append("` starts them\n");
                continue;
            }
            out.append("emulated on this machine by process ").append(c.pid()).append("\n");
            Table table = new Table(terminal, "service", "by", "endpoint", "pid");
            c.services().forEach(s -> table.row(s.name(), s.by(), s.endpoint(), Long.toString(s.pid())));
            out.append(table.text())
                    .append("`--target ")
                    .append(c.cloud())
                    .append("` finds them; `isobar emulators down ")
                    .append(c.cloud())
                    .append("` ends them.\n");
        }
        return out.toString();
    }

    /** An image and what to do with it. */
    public String image(Documents.Image image) {
        StringBuilder out = new StringBuilder(terminal.strong(image.image()))
                .append(image.pushed() ? " is in its registry\n\n" : " is in " + image.to() + "\n\n");
        Table table = new Table(terminal, "layer", "files", "bytes");
        image.layers().forEach(l -> table.row(l.name(), Integer.toString(l.files()), Numbers.bytes(l.bytes())));
        out.append(table.text()).append('\n');
        Long tarBytes = image.tarBytes();
        if (tarBytes != null) {
            fact(out, "file", Numbers.bytes(tarBytes) + ", with the base");
        }
        fact(out, "digest", image.digest() + " (" + image.format() + ")");
        fact(out, "base", image.base());
        fact(out, "user", image.user());
        String libgomp = image.libgomp();
        if (libgomp != null) {
            fact(out, "libgomp", libgomp);
        }
        String value = image.settingValue();
        out.append('\n')
                .append(
                        value == null
                                ? "Push it, then set " + image.setting()
                                        + " to REPOSITORY@DIGEST as the registry names it. SageMaker takes images of"
                                        + " format docker only.\n"
                                : "In isobar.yaml:\n  " + image.setting() + ": " + value + "\n");
        return terminal.plain(out.toString());
    }

    /** What is missing on this machine. */
    public String doctor(Documents.Doctor doctor) {
        StringBuilder out = new StringBuilder();
        for (Documents.Check c : doctor.checks()) {
            String sign = c.ok()
                    ? terminal.good(terminal.tick())
                    : c.required() ? terminal.bad(terminal.cross()) : terminal.warn("!");
            out.append(sign)
                    .append(' ')
                    .append(c.name())
                    .append(": ")
                    .append(c.finding())
                    .append('\n');
            if (!c.ok() && !c.remedy().isEmpty()) {
                out.append("    next: ").append(c.remedy()).append('\n');
            }
        }
        if (doctor.keys().isEmpty()) {
            return terminal.plain(out.toString());
        }
        out.append('\n').append(terminal.strong("Configuration keys")).append(" (isobar.yaml or --set KEY=VALUE)\n");
        Table keys = new Table(terminal, "key", "type", "default", "meaning");
        doctor.keys()
                .forEach(k -> keys.row(
                        k.name(),
                        k.type().toLowerCase(java.util.Locale.ROOT),
                        k.defaultValue() == null ? "-" : k.defaultValue(),
                        k.documentation()));
        return terminal.plain(out.append(keys.text()).toString());
    }

    private String endpoint(RunResult.EndpointInfo e, String target) {
        String onTarget = target.equals("local") ? "" : " --target " + target;
        String routes = e.routes().entrySet().stream()
                .map(r -> r.getKey() + " " + percent(r.getValue()))
                .collect(Collectors.joining(", "));
        StringBuilder out = new StringBuilder(terminal.strong("Endpoint") + " " + e.name() + " at " + e.url() + "  ("
                + routes + "; model " + Numbers.digest(e.modelDigest()));
        if (e.pids().isEmpty()) {
            out.append(")\n"); // a cloud's own, which wants a signature: no line for curl
        } else {
            out.append("; pid ")
                    .append(e.pids().stream().map(String::valueOf).collect(Collectors.joining(", ")))
                    .append(
                            ")\n  curl -s -H 'Content-Type: application/json' -d '{\"instances\":[{\"COLUMN\":\"VALUE\"}]}' ")
                    .append(e.url())
                    .append("/invocations\n");
        }
        return out.append("  isobar predict ")
                .append(e.name())
                .append(onTarget)
                .append(" COLUMN=VALUE ...\n  isobar stop ")
                .append(e.name())
                .append(onTarget)
                .append('\n')
                .toString();
    }

    private void monitor(StringBuilder out, JsonNode monitor) {
        JsonNode performance = monitor.path("performance");
        if (performance.path("auc").isNumber()) {
            fact(
                    out,
                    "live quality",
                    "AUC " + Numbers.measure(performance.path("auc").asDouble()) + ", log loss "
                            + Numbers.measure(number(performance.path("log_loss"))) + " on "
                            + Numbers.count(performance.path("rows").asLong()) + " labelled predictions");
        }
        JsonNode latency = monitor.path("latency");
        if (latency.path("p99_ms").isNumber()) {
            fact(
                    out,
                    "latency",
                    String.format(
                            java.util.Locale.ROOT,
                            "p50 %.2f ms, p99 %.2f ms over %,d requests",
                            latency.path("p50_ms").asDouble(),
                            latency.path("p99_ms").asDouble(),
                            latency.path("requests").asLong()));
        }
        List<JsonNode> drifted = new ArrayList<>();
        monitor.path("features").forEach(drifted::add);
        drifted.removeIf(f -> !f.path("psi").isNumber());
        drifted.sort(Comparator.comparingDouble((JsonNode f) -> -f.path("psi").asDouble()));
        if (!drifted.isEmpty()) {
            fact(
                    out,
                    "most drift",
                    drifted.stream()
                            .limit(DRIFTERS_SHOWN)
                            .map(f -> f.path("name").asText()
                                    + String.format(
                                            java.util.Locale.ROOT,
                                            " PSI %.3f",
                                            f.path("psi").asDouble()))
                            .collect(Collectors.joining(", ")));
        }
        int shown = 0;
        for (JsonNode v : monitor.path("verdicts")) {
            String sentence = v.isTextual() ? v.asText() : v.path("sentence").asText("");
            String state = v.path("state").asText("");
            if (!sentence.isEmpty() && !state.equals("OK") && shown++ < VERDICTS_SHOWN) {
                fact(
                        out,
                        shown == 1 ? "verdicts" : "",
                        (state.isEmpty() ? "" : terminal.status(state) + " ") + sentence);
            }
        }
        if (monitor.path("report").isTextual()) {
            fact(out, "report", monitor.path("report").asText());
        }
    }

    private static @Nullable Double number(JsonNode node) {
        return node.isNumber() ? node.asDouble() : null;
    }

    private String consistency(RunResult.Consistency c) {
        String text = Numbers.count(c.compared()) + " served vectors recomputed from the lake: "
                + Numbers.count(c.mismatch()) + " mismatch, " + Numbers.count(c.missing()) + " missing, "
                + Numbers.count(c.extra()) + " extra";
        return c.mismatch() + c.missing() + c.extra() == 0 ? text : terminal.bad(text);
    }

    private String resources(List<Resource> resources, boolean pid) {
        Table table = pid
                ? new Table(terminal, "kind", "name", "pid", "state", "id", "")
                : new Table(terminal, "kind", "name", "state", "id", "");
        for (Resource r : resources) {
            String details = r.details().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(d -> d.getKey() + "=" + d.getValue())
                    .collect(Collectors.joining(" "));
            String state = terminal.status(r.state());
            if (pid) {
                table.row(
                        r.kind(),
                        r.name(),
                        r.pid() == null ? "-" : Long.toString(r.pid()),
                        state,
                        r.id(),
                        terminal.quiet(details));
            } else {
                table.row(r.kind(), r.name(), state, r.id(), terminal.quiet(details));
            }
        }
        return table.text();
    }

    private static String time(List<RunResult.Step> steps) {
        double total = steps.stream().mapToDouble(RunResult.Step::seconds).sum();
        return Numbers.duration(total)
                + steps.stream()
                        .filter(s -> s.seconds() > 0)
                        .map(s -> s.name() + " " + Numbers.duration(s.seconds())
                                + (s.status().equals("SUCCEEDED") ? "" : " (" + s.status() + ")"))
                        .collect(Collectors.joining(", ", " = ", ""));
    }

    private static String percent(int basisPoints) {
        return basisPoints % 100 == 0
                ? basisPoints / 100 + " %"
                : String.format(java.util.Locale.ROOT, "%.2f %%", basisPoints / 100.0);
    }

    private static String reasons(List<String> reasons) {
        return reasons.isEmpty() ? "" : ": " + String.join("; ", reasons);
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(e -> e.getKey() + " " + Numbers.count(e.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static void fact(StringBuilder out, String name, String text) {
        out.append(String.format("%-14s", name)).append(text).append('\n');
    }

    private void section(StringBuilder out, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            out.append('\n').append(terminal.strong(title)).append('\n');
            lines.forEach(l -> out.append("  ").append(l).append('\n'));
        }
    }
}
