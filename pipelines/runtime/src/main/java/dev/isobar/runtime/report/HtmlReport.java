package dev.isobar.runtime.report;

import static dev.isobar.runtime.report.Words.count;
import static dev.isobar.runtime.report.Words.digest;
import static dev.isobar.runtime.report.Words.esc;
import static dev.isobar.runtime.report.Words.fixed;
import static dev.isobar.runtime.report.Words.number;
import static dev.isobar.runtime.report.Words.pValue;
import static dev.isobar.runtime.report.Words.percent;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.monitor.DriftResult;
import dev.isobar.runtime.monitor.FeatureDrift;
import dev.isobar.runtime.monitor.LatencyResult;
import dev.isobar.runtime.monitor.PerformanceResult;
import dev.isobar.runtime.monitor.QualityResult;
import dev.isobar.runtime.monitor.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Renders a run as one HTML file: no script, no font, no image and no request to anywhere, so that it can be mailed, archived and
 * opened offline. Light and dark follow the reader's system; every plot has a title, a description and its numbers in a table.
 * The same input gives the same bytes. Thread safe.
 *
 * @since 0.1
 */
public final class HtmlReport {
    private static final int SMALL_MULTIPLES = 6;

    private final ReportInput in;
    private final StringBuilder out = new StringBuilder(64 * 1024);
    private int plots;

    private HtmlReport(ReportInput in) {
        this.in = in;
    }

    /** The whole file, to be written as UTF-8. */
    public static String render(ReportInput input) {
        return new HtmlReport(input).page();
    }

    private String page() {
        out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
                // Holds the promise of the class against whatever text comes in.
                .append(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
                .append("<title>")
                .append(esc(in.pipeline() + " · " + in.status() + " · " + in.runId()))
                .append("</title><style>")
                .append(stylesheet())
                .append("</style></head><body>");
        header();
        out.append("<main>");
        tiles();
        steps();
        verdicts();
        data();
        performance();
        drift();
        latency();
        quality();
        out.append(
                "</main><footer>Written by Isobar. PSI: ten bins of equal reference mass, counts smoothed by one half; its p-value "
                        + "is the χ² approximation of Yurdakul (2018) and takes rows as independent. Bands are 95 % intervals "
                        + "(Hanley and McNeil for the AUC, Wilson for rates). Times are UTC on the run’s clock.</footer></body></html>\n");
        return out.toString();
    }

    private void header() {
        out.append("<header>")
                .append(contours())
                .append("<div><p class=\"eyebrow\">Isobar run report</p><h1>")
                .append(esc(in.pipeline()))
                .append(" <span class=\"pill ")
                .append(tone(in.status()))
                .append("\">")
                .append(esc(in.status()))
                .append("</span>");
        if (in.resumed()) {
            out.append("<span class=\"pill plain\">resumed</span>");
        }
        out.append("</h1><dl class=\"facts\">");
        fact("Run", "<code>" + esc(in.runId()) + "</code>");
        fact("Target", esc(in.target()));
        fact("Spec version", digest(in.specVersion()));
        ReportInput.Model model = in.model();
        if (model != null) {
            fact("Model", esc(model.version()) + " " + digest(model.digest()));
        }
        fact("Started", esc(Words.time(in.startedMicros())));
        fact("Took", Words.seconds(in.seconds()));
        Long heap = in.peakHeapBytes();
        if (heap != null) {
            fact("Peak heap", String.format(Locale.ROOT, "%.0f MiB", heap / 1048576.0));
        }
        ReportInput.Endpoint endpoint = in.endpoint();
        if (endpoint != null) {
            fact("Endpoint", "<code>" + esc(endpoint.url()) + "</code>");
        }
        out.append("</dl></div></header>");
    }

    private void tiles() {
        PerformanceResult p = in.monitor().performance();
        ReportInput.Model model = in.model();
        Double required = model == null ? null : model.requiredAuc();
        out.append("<div class=\"tiles\">");
        tile(
                "Live AUC",
                fixed(p.auc(), 3),
                required == null
                        ? "log loss " + fixed(p.logLoss(), 3)
                        : "gate asked for " + fixed(required, 3) + ", log loss " + fixed(p.logLoss(), 3));
        tile(
                "Predictions scored",
                count(p.rows()),
                p.unlabelled() == 0 ? "every one has its label" : count(p.unlabelled()) + " without a label");
        long drifted = in.monitor().verdicts().stream()
                .filter(v -> v.kind() == Verdict.Kind.DRIFT && v.state() == Verdict.State.BREACH)
                .map(Verdict::subject)
                .distinct()
                .count();
        tile(
                "Features that drifted",
                drifted + " of " + in.monitor().features().size(),
                "effect and significance, k of n windows");
        tile(
                "Latency p99",
                Words.millis(in.monitor().latency().p99Ms()),
                "p50 " + Words.millis(in.monitor().latency().p50Ms()));
        ReportInput.Consistency c = in.consistency();
        if (c != null) {
            tile(
                    "Audit",
                    c.clean() ? "Equal" : count(c.mismatch() + c.missing() + c.extra()) + " differ",
                    count(c.compared()) + " vectors recomputed");
        }
        out.append("</div>");
    }

    private void steps() {
        section("Steps", "");
        out.append("<ol class=\"steps\">");
        for (ReportInput.Step step : in.steps()) {
            out.append("<li class=\"card\"><h3>")
                    .append(esc(step.name()))
                    .append("</h3><div class=\"head\"><b>")
                    .append(Words.seconds(step.seconds()))
                    .append("</b><span class=\"pill ")
                    .append(tone(step.status()))
                    .append("\">")
                    .append(esc(step.status()))
                    .append("</span></div><p>")
                    .append(esc(step.detail()))
                    .append("</p></li>");
        }
        out.append("</ol><div class=\"share\" aria-hidden=\"true\">");
        for (ReportInput.Step step : in.steps()) {
            out.append("<i style=\"flex:")
                    .append(String.format(Locale.ROOT, "%.2f", Math.max(0.01, step.seconds())))
                    .append(" 0 0\" title=\"")
                    .append(esc(step.name() + " " + Words.seconds(step.seconds())))
                    .append("\"></i>");
        }
        out.append("</div>");
    }

    private void verdicts() {
        section(
                "What the monitors say",
                "Breaches need a large enough effect that chance does not explain, in enough windows. "
                        + "They are recorded here; nothing acted on them.");
        List<Verdict> loud = in.monitor().verdicts().stream()
                .filter(v -> v.state() != Verdict.State.OK)
                .toList();
        List<Verdict> calm = in.monitor().verdicts().stream()
                .filter(v -> v.state() == Verdict.State.OK)
                .toList();
        out.append("<div class=\"card\">");
        if (loud.isEmpty()) {
            out.append("<p style=\"margin:0\">Nothing to report: ")
                    .append(
                            calm.isEmpty()
                                    ? "no window had enough rows to judge."
                                    : "all " + calm.size() + " checks are in order.")
                    .append("</p>");
        }
        list(loud);
        if (!calm.isEmpty()) {
            out.append("<details><summary>")
                    .append(calm.size() == 1 ? "1 check" : calm.size() + " checks")
                    .append(" in order</summary>");
            list(calm);
            out.append("</details>");
        }
        out.append("</div>");
    }

    private void list(List<Verdict> verdicts) {
        if (verdicts.isEmpty()) {
            return;
        }
        // A feature that drifts for months breaches again after each cooldown: one line says so, the rest unfolds.
        Map<String, List<Verdict>> groups = verdicts.stream()
                .collect(Collectors.groupingBy(
                        v -> v.state() + " " + v.kind() + " " + v.subject(), LinkedHashMap::new, Collectors.toList()));
        out.append("<ul class=\"verdicts\">");
        for (List<Verdict> group : groups.values()) {
            Verdict latest = group.get(group.size() - 1);
            String tone = switch (latest.state()) {
                case OK -> "ok";
                case WATCH -> "watch";
                case BREACH -> "bad";
            };
            out.append("<li><span class=\"pill ")
                    .append(tone)
                    .append("\">")
                    .append(latest.state())
                    .append("</span><span class=\"kind\">")
                    .append(latest.kind().name().toLowerCase(Locale.ROOT))
                    .append("</span><div><p>")
                    .append(esc(latest.sentence()))
                    .append("</p>");
            if (group.size() > 1) {
                out.append("<details><summary>").append(group.size() - 1).append(" earlier</summary>");
                for (Verdict earlier : group.subList(0, group.size() - 1)) {
                    out.append("<p>").append(esc(earlier.sentence())).append("</p>");
                }
                out.append("</details>");
            }
            out.append("</div></li>");
        }
        out.append("</ul>");
    }

    private void data() {
        section("Data", "Every record is accounted for: in = out + late + dead letter + duplicates.");
        out.append("<div class=\"card scroll\"><table><thead><tr><th scope=\"col\">Stream</th>");
        heads("In", "Out", "Late", "Dead letter", "Duplicates", "Account");
        out.append("</tr></thead><tbody>");
        for (ReportInput.StreamAccount s : in.streams()) {
            out.append("<tr><th scope=\"row\">").append(esc(s.name())).append("</th>");
            cells(count(s.in()), count(s.out()), count(s.late()), count(s.deadLetter()), count(s.duplicates()));
            out.append("<td class=\"nowrap\">")
                    .append(
                            s.imbalance() == 0
                                    ? "<span class=\"pill ok\">balances</span>"
                                    : "<span class=\"pill bad\">off by " + count(s.imbalance()) + "</span>")
                    .append("</td></tr>");
            if (!s.reasons().isEmpty()) {
                out.append("<tr><td class=\"sub\" colspan=\"7\">Set aside: ")
                        .append(esc(reasons(s.reasons())))
                        .append("</td></tr>");
            }
        }
        out.append("</tbody></table></div><div class=\"three gap\">");
        ReportInput.TrainingSet t = in.trainingSet();
        if (t != null) {
            card(
                    "Training set",
                    "",
                    "Rows",
                    count(t.rows()),
                    "Left out, label not known",
                    count(t.leftOut()),
                    "Digest",
                    digest(t.digest()));
        }
        ReportInput.Model m = in.model();
        if (m != null) {
            card(
                    "Model gate",
                    "<span class=\"pill " + tone(m.gate()) + "\">" + esc(m.gate()) + "</span>",
                    "On " + count(m.rows()) + " acceptance rows",
                    "AUC " + fixed(m.auc(), 4) + ", log loss " + fixed(m.logLoss(), 4),
                    "Gate",
                    esc(m.gateSentence()),
                    "Model",
                    esc(m.version()) + " " + digest(m.digest()));
        }
        ReportInput.Consistency c = in.consistency();
        if (c != null) {
            card(
                    "Consistency audit",
                    c.clean()
                            ? "<span class=\"pill ok\">bit for bit equal</span>"
                            : "<span class=\"pill bad\">differs</span>",
                    "Served vectors recomputed from the lake",
                    count(c.compared()),
                    "Mismatch, missing, extra",
                    count(c.mismatch()) + ", " + count(c.missing()) + ", " + count(c.extra()));
        }
        out.append("</div>");
    }

    private void performance() {
        PerformanceResult p = in.monitor().performance();
        section("Live performance", "Predictions against the labels that came later, window by window.");
        String note = p.note();
        if (note != null) {
            out.append("<p class=\"card\">").append(esc(note)).append("</p>");
        }
        List<PerformanceResult.Window> windows = p.windows();
        if (windows.isEmpty()) {
            return;
        }
        List<@Nullable Double> auc = new ArrayList<>();
        List<@Nullable Double> margins = new ArrayList<>();
        List<@Nullable Double> loss = new ArrayList<>();
        List<@Nullable Double> base = new ArrayList<>();
        List<@Nullable Double> predicted = new ArrayList<>();
        for (PerformanceResult.Window w : windows) {
            Double error = w.aucStandardError();
            auc.add(w.auc());
            margins.add(error == null ? null : 1.96 * error);
            loss.add(w.logLoss());
            base.add(w.baseRate());
            predicted.add(w.meanPrediction());
        }
        List<Charts.Level> aucLevels = new ArrayList<>();
        List<Charts.Level> lossLevels = new ArrayList<>();
        ReportInput.Model m = in.model();
        if (m != null) {
            Double accepted = m.auc();
            Double required = m.requiredAuc();
            Double acceptedLoss = m.logLoss();
            if (accepted != null) {
                aucLevels.add(new Charts.Level("at acceptance " + fixed(accepted, 3), accepted, "level"));
            }
            if (required != null) {
                aucLevels.add(new Charts.Level("required " + fixed(required, 3), required, "bound"));
            }
            if (acceptedLoss != null) {
                lossLevels.add(new Charts.Level("at acceptance " + fixed(acceptedLoss, 3), acceptedLoss, "level"));
            }
        }
        out.append("<div class=\"two\">");
        figure(
                "AUC",
                "With its 95 % interval; overall " + fixed(p.auc(), 3) + ".",
                key(aucLevels),
                id -> Charts.overTime(
                        id,
                        "AUC over time",
                        windows,
                        List.of(new Charts.Series("AUC", "one", auc, margins)),
                        aucLevels),
                "");
        figure(
                "Log loss",
                "Lower is better; overall " + fixed(p.logLoss(), 3) + ".",
                key(lossLevels),
                id -> Charts.overTime(
                        id,
                        "Log loss over time",
                        windows,
                        List.of(new Charts.Series("log loss", "one", loss, List.of())),
                        lossLevels),
                "");
        figure(
                "Base rate",
                "Share of positive labels against what was predicted on average.",
                "<p class=\"key\"><span><i class=\"k-one\"></i>observed</span><span><i class=\"k-two\"></i>mean prediction</span></p>",
                id -> Charts.overTime(
                        id,
                        "Base rate and mean prediction over time",
                        windows,
                        List.of(
                                new Charts.Series("observed", "one", base, List.of()),
                                new Charts.Series("mean prediction", "two", predicted, List.of())),
                        List.of()),
                "");
        out.append(
                "<div class=\"card\"><h3>Window by window</h3><div class=\"scroll tall\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">From</th>");
        heads("n", "AUC", "Log loss", "Base rate");
        out.append("</tr></thead><tbody>");
        for (PerformanceResult.Window w : windows) {
            String missing = w.note();
            out.append("<tr><th scope=\"row\">")
                    .append(esc(Words.date(w.fromMicros())))
                    .append("</th>");
            cells(
                    count(w.rows()),
                    missing == null ? fixed(w.auc(), 3) : "<span title=\"" + esc(missing) + "\">one class</span>",
                    fixed(w.logLoss(), 3),
                    percent(w.baseRate()));
            out.append("</tr>");
        }
        out.append("</tbody></table></div></div>");
        figure(
                "Calibration",
                "Does 30 % mean 30 %? Whiskers are 95 % intervals, bars count predictions.",
                "",
                id -> Charts.calibration(id, p.calibration()),
                calibrationTable(p.calibration()));
        figure("ROC", "Every trade-off between alarms and misses.", "", id -> Charts.roc(id, p.roc(), p.auc()), "");
        out.append("</div>");
    }

    private void drift() {
        List<FeatureDrift> features = in.monitor().features();
        section("Drift", "What the model is served (current) against what it was trained on (reference).");
        if (features.isEmpty()) {
            out.append("<p class=\"card\">No feature is watched.</p>");
            return;
        }
        List<String> names = features.stream().map(FeatureDrift::name).toList();
        DriftResult drift = in.drift();
        if (!drift.windows().isEmpty()) {
            figure(
                    "PSI per feature and window",
                    "0.1 is some, 0.2 a lot. Pale columns had too few rows to judge.",
                    "<p class=\"key\"><span><i class=\"k0\"></i>&lt; 0.02</span><span><i class=\"k1\"></i>0.02</span><span><i class=\"k2\"></i>0.05</span>"
                            + "<span><i class=\"k3\"></i>0.1</span><span><i class=\"k4\"></i>0.2</span><span><i class=\"k5\"></i>0.35</span><span><i class=\"k6\"></i>0.6 and more</span></p>",
                    id -> "<div class=\"scroll\" tabindex=\"0\"><div class=\"wide\">"
                            + Charts.heatMap(id, names, drift.windows()) + "</div></div>",
                    heatTable(names, drift.windows()));
        }
        Map<String, FeatureDrift> byName =
                features.stream().collect(Collectors.toMap(FeatureDrift::name, f -> f, (a, b) -> a));
        List<DriftResult.Histogram> top = drift.histograms().stream()
                .filter(h -> byName.containsKey(h.name()) && !h.labels().isEmpty())
                .sorted(Comparator.comparingDouble((DriftResult.Histogram h) -> -psi(byName.get(h.name()))))
                .limit(SMALL_MULTIPLES)
                .toList();
        if (!top.isEmpty()) {
            out.append(
                    "<h2>Most drifted features</h2><p class=\"key\"><span><i class=\"k-ref\"></i>reference</span><span><i class=\"k-one\"></i>current</span></p><div class=\"three gap\">");
            for (DriftResult.Histogram h : top) {
                FeatureDrift f = byName.get(h.name());
                figure(
                        h.name(),
                        f == null
                                ? ""
                                : "PSI " + fixed(f.psi(), 3) + ", mean " + number(f.meanReference()) + " → "
                                        + number(f.meanCurrent()),
                        "",
                        id -> Charts.histogram(id, h),
                        histogramTable(h));
            }
            out.append("</div>");
        }
        out.append(
                "<div class=\"card gap\"><h3>All features</h3><div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Feature</th>");
        heads(
                "PSI",
                "p",
                "KS",
                "p of KS",
                "JS",
                "Mean ref.",
                "Mean cur.",
                "Nulls ref.",
                "Nulls cur.",
                "n ref.",
                "n cur.");
        out.append("</tr></thead><tbody>");
        features.stream().sorted(Comparator.comparingDouble(f -> -psi(f))).forEach(f -> {
            out.append("<tr><th scope=\"row\">").append(esc(f.name())).append("</th>");
            cells(
                    fixed(f.psi(), 3),
                    esc(pValue(f.pValue())),
                    fixed(f.ks(), 3),
                    esc(pValue(f.ksPValue())),
                    fixed(f.js(), 3),
                    number(f.meanReference()),
                    number(f.meanCurrent()),
                    percent(f.nullRateReference()),
                    percent(f.nullRateCurrent()),
                    count(f.nReference()),
                    count(f.nCurrent()));
            out.append("</tr>");
        });
        out.append("</tbody></table></div></div>");
    }

    private static String key(List<Charts.Level> levels) {
        StringBuilder key = new StringBuilder();
        for (Charts.Level level : levels) {
            key.append("<span><i class=\"k-")
                    .append(level.css())
                    .append("\"></i>")
                    .append(esc(level.label()))
                    .append("</span>");
        }
        return levels.isEmpty() ? "" : "<p class=\"key\">" + key + "</p>";
    }

    private static double psi(@Nullable FeatureDrift f) {
        Double psi = f == null ? null : f.psi();
        return psi == null ? -1 : psi;
    }

    private void latency() {
        LatencyResult l = in.monitor().latency();
        section(
                "Latency",
                count(l.requests()) + " requests: p50 " + Words.millis(l.p50Ms()) + ", p95 " + Words.millis(l.p95Ms())
                        + ", p99 " + Words.millis(l.p99Ms()) + ", slowest " + Words.millis(l.maxMs()) + ".");
        figure(
                "Time per request",
                "Logarithmic axis.",
                "",
                id -> "<div class=\"scroll\" tabindex=\"0\"><div class=\"wide\">" + Charts.latency(id, l)
                        + "</div></div>",
                latencyTable(l));
    }

    private void quality() {
        QualityResult q = in.monitor().quality();
        section("Data quality", "Nulls, values out of range and values that could not be read, per column.");
        out.append("<div class=\"card scroll\"><table><thead><tr><th scope=\"col\">Column</th>");
        heads("Rows", "Nulls", "In the reference", "p of rise", "Unparsable", "Out of range", "Range");
        out.append("</tr></thead><tbody>");
        for (QualityResult.Column c : q.columns()) {
            out.append("<tr><th scope=\"row\">").append(esc(c.name())).append("</th>");
            cells(
                    count(c.rows()),
                    percent(c.nullRate()),
                    percent(c.nullRateReference()),
                    esc(pValue(c.nullRatePValue())),
                    count(c.unparsable()),
                    count(c.outOfRange()),
                    c.min() == null && c.max() == null ? "any" : number(c.min()) + " to " + number(c.max()));
            out.append("</tr>");
        }
        out.append("</tbody></table>");
        if (!q.deadLetters().isEmpty()) {
            out.append("<p style=\"margin:12px 0 0\">Dead letters: ")
                    .append(esc(reasons(q.deadLetters())))
                    .append("</p>");
        }
        out.append("</div>");
    }

    private static String calibrationTable(List<PerformanceResult.CalibrationBin> bins) {
        StringBuilder t = new StringBuilder(
                "<table><thead><tr><th scope=\"col\">Bin</th><th scope=\"col\">n</th><th scope=\"col\">Predicted</th><th scope=\"col\">Observed</th></tr></thead><tbody>");
        for (PerformanceResult.CalibrationBin b : bins) {
            t.append("<tr><th scope=\"row\">")
                    .append(fixed(b.from(), 1))
                    .append(" to ")
                    .append(fixed(b.to(), 1))
                    .append("</th><td>")
                    .append(count(b.rows()))
                    .append("</td><td>")
                    .append(fixed(b.meanPrediction(), 3))
                    .append("</td><td>")
                    .append(fixed(b.observedRate(), 3))
                    .append("</td></tr>");
        }
        return t + "</tbody></table>";
    }

    private static String heatTable(List<String> names, List<DriftResult.Window> windows) {
        StringBuilder t = new StringBuilder(
                "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">From</th><th scope=\"col\">n</th>");
        names.forEach(name -> t.append("<th scope=\"col\">").append(esc(name)).append("</th>"));
        t.append("</tr></thead><tbody>");
        for (DriftResult.Window w : windows) {
            t.append("<tr><th scope=\"row\">")
                    .append(esc(Words.date(w.fromMicros())))
                    .append("</th><td>")
                    .append(count(w.rows()))
                    .append("</td>");
            w.cells()
                    .forEach(cell ->
                            t.append("<td>").append(fixed(cell.psi(), 3)).append("</td>"));
            t.append("</tr>");
        }
        return t + "</tbody></table></div>";
    }

    private static String histogramTable(DriftResult.Histogram h) {
        StringBuilder t = new StringBuilder(
                "<table><thead><tr><th scope=\"col\">Bin</th><th scope=\"col\">Reference</th><th scope=\"col\">Current</th></tr></thead><tbody>");
        for (int i = 0; i < h.labels().size(); i++) {
            t.append("<tr><th scope=\"row\">")
                    .append(esc(h.labels().get(i)))
                    .append("</th><td>")
                    .append(percent(h.reference().get(i)))
                    .append("</td><td>")
                    .append(percent(h.current().get(i)))
                    .append("</td></tr>");
        }
        return t + "</tbody></table>";
    }

    private static String latencyTable(LatencyResult l) {
        StringBuilder t = new StringBuilder(
                "<table><thead><tr><th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\">Requests</th></tr></thead><tbody>");
        for (LatencyResult.Bucket b : l.buckets()) {
            t.append("<tr><td>")
                    .append(Words.millis(b.fromMs()))
                    .append("</td><td>")
                    .append(Words.millis(b.toMs()))
                    .append("</td><td>")
                    .append(count(b.count()))
                    .append("</td></tr>");
        }
        return t + "</tbody></table>";
    }

    /** Draws a plot under an identifier that no other plot has. */
    private interface Drawing {
        String draw(String id);
    }

    /** Key, drawing and table are markup; title and caption are text. */
    private void figure(String title, String caption, String key, Drawing drawing, String table) {
        out.append("<figure><figcaption><h3>")
                .append(esc(title))
                .append("</h3>")
                .append(esc(caption))
                .append(key)
                .append("</figcaption>")
                .append(drawing.draw("plot" + ++plots));
        if (!table.isEmpty()) {
            out.append("<details><summary>Numbers</summary>").append(table).append("</details>");
        }
        out.append("</figure>");
    }

    /** The pill and every second of the pairs are markup. */
    private void card(String title, String pill, String... pairs) {
        out.append(
                        "<div class=\"card\"><div style=\"display:flex;justify-content:space-between;gap:8px;margin-bottom:8px\"><h3>")
                .append(esc(title))
                .append("</h3>")
                .append(pill)
                .append("</div><dl style=\"margin:0;display:grid;gap:8px\">");
        for (int i = 0; i < pairs.length; i += 2) {
            fact(pairs[i], pairs[i + 1]);
        }
        out.append("</dl></div>");
    }

    private void fact(String name, String markup) {
        out.append("<div><dt>")
                .append(esc(name))
                .append("</dt><dd>")
                .append(markup)
                .append("</dd></div>");
    }

    private void tile(String name, String value, String note) {
        out.append("<div class=\"tile\"><span>")
                .append(esc(name))
                .append("</span><b>")
                .append(esc(value))
                .append("</b><small>")
                .append(esc(note))
                .append("</small></div>");
    }

    private void section(String title, String text) {
        out.append("<h2>")
                .append(esc(title))
                .append("</h2><p>")
                .append(esc(text))
                .append("</p>");
    }

    private void heads(String... names) {
        for (String name : names) {
            out.append("<th scope=\"col\">").append(esc(name)).append("</th>");
        }
    }

    private void cells(String... markup) {
        for (String cell : markup) {
            out.append("<td class=\"nowrap\">").append(cell).append("</td>");
        }
    }

    private static String reasons(Map<String, Long> reasons) {
        return reasons.entrySet().stream()
                .map(e -> count(e.getValue()) + " " + e.getKey())
                .collect(Collectors.joining(", "));
    }

    private static String tone(String status) {
        String upper = status.toUpperCase(Locale.ROOT);
        if (upper.contains("FAIL") || upper.contains("REJECT") || upper.contains("REFUSED")) {
            return "bad";
        }
        return switch (upper) {
            case "SUCCEEDED", "DONE", "ACCEPTED", "PASSED", "UNCHANGED", "PROMOTED" -> "ok";
            default -> "plain";
        };
    }

    /** Isobars around two centres, for the eye only. */
    private static String contours() {
        StringBuilder svg = new StringBuilder(
                "<svg viewBox=\"0 0 640 260\" preserveAspectRatio=\"xMaxYMid slice\" aria-hidden=\"true\">");
        for (int ring = 1; ring <= 11; ring++) {
            StringBuilder d = new StringBuilder();
            for (int i = 0; i <= 72; i++) {
                double angle = 2 * Math.PI * i / 72;
                double wave = 1 + 0.16 * Math.sin(3 * angle + ring * 0.25) + 0.07 * Math.cos(5 * angle - ring * 0.18);
                d.append(i == 0 ? "M" : "L")
                        .append(Plot.n(440 + 1.7 * ring * 19 * wave * Math.cos(angle)))
                        .append(' ')
                        .append(Plot.n(120 + ring * 19 * wave * Math.sin(angle)));
            }
            svg.append("<path d=\"").append(d).append("Z\"/>");
        }
        return svg + "</svg>";
    }

    private static String stylesheet() {
        try (InputStream css = HtmlReport.class.getResourceAsStream("report.css")) {
            if (css == null) {
                throw IsobarException.of(ErrorCode.INTERNAL, "The report's stylesheet is not in this build.")
                        .hint("Build pipelines/runtime again: report.css belongs beside HtmlReport.class.")
                        .build();
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw IsobarException.io("reading the report's stylesheet", e);
        }
    }
}
