package dev.isobar.runtime.report;

import dev.isobar.runtime.monitor.DriftResult;
import dev.isobar.runtime.monitor.LatencyResult;
import dev.isobar.runtime.monitor.PerformanceResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The report's plots, each an SVG that scales with its column. Pure functions. */
final class Charts {
    /** Width of a letter of the axis font, for deciding what fits. */
    private static final double LETTER = 6.2;

    private Charts() {}

    /** A line over windows. */
    record Series(String name, String css, List<@Nullable Double> values, List<@Nullable Double> margins) {}

    /** A horizontal line to compare with; its label stands in the key, where no line can run through it. */
    record Level(String label, double value, String css) {}

    /** One or two lines over time, rows per window as bars below, and a reference line. */
    static String overTime(
            String id, String title, List<PerformanceResult.Window> windows, List<Series> series, List<Level> levels) {
        Plot plot = new Plot(
                id,
                560,
                250,
                title,
                "Line chart over " + windows.size() + " windows. The table below it holds its numbers.");
        double left = 48;
        double right = 548;
        double bottom = 182;
        List<Double> all = new ArrayList<>();
        for (Series s : series) {
            for (int i = 0; i < s.values().size(); i++) {
                Double value = s.values().get(i);
                Double margin = s.margins().isEmpty() ? null : s.margins().get(i);
                if (value != null) {
                    all.add(value - (margin == null ? 0 : margin));
                    all.add(value + (margin == null ? 0 : margin));
                }
            }
        }
        levels.forEach(level -> all.add(level.value()));
        if (all.isEmpty()) {
            return plot.text(280, 120, "middle", "note", "No window has this number.")
                    .done();
        }
        Scale y = Scale.nice(
                all.stream().mapToDouble(d -> d).min().orElse(0),
                all.stream().mapToDouble(d -> d).max().orElse(1),
                4,
                bottom,
                16);
        for (double tick : y.ticks()) {
            plot.line(left, y.at(tick), right, y.at(tick), "grid");
            plot.text(left - 8, y.at(tick) + 4, "end", "axis", Words.fixed(tick, y.digits()));
        }
        double slot = (right - left) / windows.size();
        long most = Math.max(
                1,
                windows.stream().mapToLong(PerformanceResult.Window::rows).max().orElse(1));
        double lastLabel = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < windows.size(); i++) {
            PerformanceResult.Window w = windows.get(i);
            double x = left + (i + 0.5) * slot;
            double h = 26.0 * w.rows() / most;
            plot.rect(
                    x - slot * 0.36,
                    222 - h,
                    slot * 0.72,
                    h,
                    Math.min(2, slot * 0.1),
                    "rows",
                    Words.date(w.fromMicros()) + ": " + Words.count(w.rows()) + " rows");
            String label = Words.day(w.fromMicros());
            double half = label.length() * LETTER / 2;
            if (x - half > lastLabel + 8 && x + half <= right + 10) {
                plot.text(x, 240, "middle", "axis", label);
                lastLabel = x + half;
            }
        }
        plot.line(left, 222, right, 222, "grid");
        plot.text(left - 8, 214, "end", "axis", "n");
        for (Level level : levels) {
            plot.line(left, y.at(level.value()), right, y.at(level.value()), level.css());
        }
        for (Series s : series) {
            band(plot, s, y, left, slot);
            StringBuilder d = new StringBuilder();
            boolean pen = false;
            for (int i = 0; i < s.values().size(); i++) {
                Double value = s.values().get(i);
                if (value != null) {
                    d.append(pen ? "L" : "M").append(xy(left + (i + 0.5) * slot, y.at(value)));
                }
                pen = value != null; // a gap where there is no number
            }
            plot.path(d, "line " + s.css());
            double radius = slot < 8 ? 1.6 : slot < 16 ? 2.4 : 3.6;
            for (int i = 0; i < s.values().size(); i++) {
                Double value = s.values().get(i);
                if (value != null) {
                    PerformanceResult.Window w = windows.get(i);
                    plot.circle(
                            left + (i + 0.5) * slot,
                            y.at(value),
                            radius,
                            (slot < 16 ? "speck " : "dot ") + s.css(),
                            Words.date(w.fromMicros()) + ": " + s.name() + " " + Words.fixed(value, 3) + ", n = "
                                    + Words.count(w.rows()));
                }
            }
        }
        return plot.done();
    }

    private static void band(Plot plot, Series s, Scale y, double left, double slot) {
        if (s.margins().isEmpty()) {
            return;
        }
        int from = 0;
        while (from < s.values().size()) {
            int to = from;
            while (to < s.values().size()
                    && s.values().get(to) != null
                    && s.margins().get(to) != null) {
                to++;
            }
            if (to - from > 1) {
                StringBuilder d = new StringBuilder();
                for (int i = from; i < to; i++) {
                    d.append(i == from ? "M" : "L").append(edge(s, y, left, slot, i, 1));
                }
                for (int i = to - 1; i >= from; i--) {
                    d.append("L").append(edge(s, y, left, slot, i, -1));
                }
                plot.path(d.append("Z"), "band " + s.css());
            }
            from = to + 1;
        }
    }

    private static String edge(Series s, Scale y, double left, double slot, int i, int sign) {
        Double value = s.values().get(i);
        Double margin = s.margins().get(i);
        return xy(left + (i + 0.5) * slot, y.at((value == null ? 0 : value) + sign * (margin == null ? 0 : margin)));
    }

    /** Observed against predicted, with 95 % intervals and the number of predictions below. */
    static String calibration(String id, List<PerformanceResult.CalibrationBin> bins) {
        Plot plot = new Plot(
                id,
                400,
                400,
                "Calibration",
                "Observed rate against mean prediction in bins of equal width; on the diagonal a prediction means what it says.");
        Scale x = new Scale(0, 1, 0.2, 52, 388);
        Scale y = new Scale(0, 1, 0.2, 308, 12);
        square(plot, x, y);
        long most = Math.max(
                1,
                bins.stream()
                        .mapToLong(PerformanceResult.CalibrationBin::rows)
                        .max()
                        .orElse(1));
        StringBuilder d = new StringBuilder();
        for (PerformanceResult.CalibrationBin bin : bins) {
            double h = 26.0 * bin.rows() / most;
            plot.rect(
                    x.at(bin.from()) + 2,
                    376 - h,
                    x.at(bin.to()) - x.at(bin.from()) - 4,
                    h,
                    2,
                    "rows",
                    Words.fixed(bin.from(), 1) + " to " + Words.fixed(bin.to(), 1) + ": " + Words.count(bin.rows())
                            + " predictions");
            d.append(d.isEmpty() ? "M" : "L").append(xy(x.at(bin.meanPrediction()), y.at(bin.observedRate())));
        }
        plot.line(52, 376, 388, 376, "grid");
        plot.text(44, 372, "end", "axis", "n");
        plot.path(d, "line one");
        for (PerformanceResult.CalibrationBin bin : bins) {
            double at = x.at(bin.meanPrediction());
            plot.line(at, y.at(bin.low()), at, y.at(bin.high()), "whisker one");
            plot.circle(
                    at,
                    y.at(bin.observedRate()),
                    4,
                    "dot one",
                    "predicted " + Words.fixed(bin.meanPrediction(), 3) + ", observed "
                            + Words.fixed(bin.observedRate(), 3)
                            + " (" + Words.fixed(bin.low(), 3) + " to " + Words.fixed(bin.high(), 3) + "), n = "
                            + Words.count(bin.rows()));
        }
        plot.text(220, 342, "middle", "axis", "predicted probability");
        plot.upright(14, 160, "axis", "observed rate");
        return plot.done();
    }

    /** The ROC curve. */
    static String roc(String id, List<PerformanceResult.RocPoint> points, @Nullable Double auc) {
        Plot plot = new Plot(
                id,
                400,
                400,
                "ROC curve",
                "True positive rate against false positive rate; the area under it is " + Words.fixed(auc, 3) + ".");
        Scale x = new Scale(0, 1, 0.2, 52, 388);
        Scale y = new Scale(0, 1, 0.2, 348, 12);
        square(plot, x, y);
        StringBuilder d = new StringBuilder();
        for (PerformanceResult.RocPoint p : points) {
            d.append(d.isEmpty() ? "M" : "L").append(xy(x.at(p.falsePositiveRate()), y.at(p.truePositiveRate())));
        }
        if (!points.isEmpty()) {
            plot.path(d + "L" + xy(x.at(1), y.at(0)) + "L" + xy(x.at(0), y.at(0)) + "Z", "band one");
            plot.path(d, "line one");
        }
        plot.text(376, 334, "end", "big halo", points.isEmpty() ? "no AUC" : Words.fixed(auc, 3));
        plot.text(376, 300, "end", "axis halo", points.isEmpty() ? "one class only" : "area under the curve");
        plot.text(220, 386, "middle", "axis", "false positive rate");
        plot.upright(14, 180, "axis", "true positive rate");
        return plot.done();
    }

    private static void square(Plot plot, Scale x, Scale y) {
        for (double tick : x.ticks()) {
            plot.line(x.at(tick), y.from(), x.at(tick), y.to(), "grid");
            plot.line(x.from(), y.at(tick), x.to(), y.at(tick), "grid");
            plot.text(x.at(tick), y.from() + 17, "middle", "axis", Words.fixed(tick, 1));
            plot.text(x.from() - 8, y.at(tick) + 4, "end", "axis", Words.fixed(tick, 1));
        }
        plot.line(x.at(0), y.at(0), x.at(1), y.at(1), "level");
    }

    /** PSI of every feature in every window, the most drifted feature first. */
    static String heatMap(String id, List<String> names, List<DriftResult.Window> windows) {
        double row = 24;
        int longest = names.stream().mapToInt(String::length).max().orElse(0);
        double left = Math.min(300, 16 + longest * 7.1);
        double height = 14 + names.size() * row + 30;
        Plot plot = new Plot(
                id,
                1120,
                height,
                "PSI per feature and window",
                "Heat map with one row a feature and one column a window; darker is further from the reference.");
        double slot = windows.isEmpty() ? 0 : Math.min(90, (1110 - left) / windows.size());
        List<Integer> order = IntStream.range(0, names.size())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer f) -> -largest(windows, f)))
                .toList();
        boolean numbers = slot >= 38;
        double gap = slot > 14 ? 2 : slot > 6 ? 1 : 0;
        for (int r = 0; r < order.size(); r++) {
            int feature = order.get(r);
            double y = 8 + r * row;
            plot.text(left - 10, y + 16, "end", "name", shortened(names.get(feature), 40));
            for (int w = 0; w < windows.size(); w++) {
                DriftResult.Window window = windows.get(w);
                DriftResult.Cell cell = window.cells().get(feature);
                Double psi = cell.psi();
                int heat = heat(psi);
                String tip = names.get(feature) + ", " + Words.date(window.fromMicros()) + ": PSI "
                        + Words.fixed(psi, 3) + ", p "
                        + Words.pValue(cell.pValue()) + ", n = " + Words.count(window.rows())
                        + (window.judged() ? "" : " (too few rows to judge)");
                plot.rect(
                        left + w * slot,
                        y,
                        slot - gap,
                        row - Math.max(gap, 1),
                        Math.min(3, slot * 0.12),
                        "h" + heat + (window.judged() ? "" : " faint"),
                        tip);
                if (numbers) {
                    plot.text(
                            left + w * slot + (slot - gap) / 2, y + 16, "middle", "cell c" + heat, Words.fixed(psi, 2));
                }
            }
        }
        double lastLabel = Double.NEGATIVE_INFINITY;
        for (int w = 0; w < windows.size(); w++) {
            String label = Words.day(windows.get(w).fromMicros());
            double x = left + w * slot + (slot - gap) / 2;
            double half = label.length() * LETTER / 2;
            if (x - half > lastLabel + 10 && x + half < 1118) {
                plot.text(x, height - 12, "middle", "axis", label);
                lastLabel = x + half;
            }
        }
        return plot.done();
    }

    /** The class of a cell's colour, 0 to 6. */
    static int heat(@Nullable Double psi) {
        if (psi == null) {
            return 0;
        }
        double[] bounds = {0.02, 0.05, 0.1, 0.2, 0.35, 0.6};
        int heat = 0;
        while (heat < bounds.length && psi >= bounds[heat]) {
            heat++;
        }
        return heat;
    }

    private static double largest(List<DriftResult.Window> windows, int feature) {
        double largest = 0;
        for (DriftResult.Window window : windows) {
            Double psi = window.cells().get(feature).psi();
            largest = Math.max(largest, psi == null || !window.judged() ? 0 : psi);
        }
        return largest;
    }

    /** Shares per bin, reference beside current. */
    static String histogram(String id, DriftResult.Histogram histogram) {
        Plot plot = new Plot(id, 340, 176, histogram.name(), "Share of rows in each bin, reference beside current.");
        double left = 40;
        double right = 334;
        double bottom = 146;
        int bins = histogram.labels().size();
        double most = 0.01;
        for (int i = 0; i < bins; i++) {
            most = Math.max(
                    most,
                    Math.max(histogram.reference().get(i), histogram.current().get(i)));
        }
        Scale y = Scale.nice(0, most, 3, bottom, 10);
        for (double tick : y.ticks()) {
            plot.line(left, y.at(tick), right, y.at(tick), "grid");
            plot.text(left - 6, y.at(tick) + 4, "end", "axis", Words.fixed(100 * tick, y.step() < 0.01 ? 1 : 0) + "%");
        }
        double slot = bins == 0 ? 0 : Math.min(90, (right - left) / bins);
        double start = left + (right - left - slot * bins) / 2;
        double lastLabel = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < bins; i++) {
            double x = start + i * slot;
            double r = histogram.reference().get(i);
            double c = histogram.current().get(i);
            String tip =
                    histogram.labels().get(i) + ": reference " + Words.percent(r) + ", current " + Words.percent(c);
            double bar = slot * 0.4;
            plot.rect(x + slot * 0.1, y.at(r), bar, bottom - y.at(r), Math.min(2, bar * 0.15), "fill ref", tip);
            plot.rect(x + slot * 0.5, y.at(c), bar, bottom - y.at(c), Math.min(2, bar * 0.15), "fill one", tip);
            String label = shortened(histogram.labels().get(i), 14);
            double half = label.length() * LETTER / 2;
            double at = Math.max(left + half - 8, Math.min(right - half + 4, x + slot / 2));
            if (at - half > lastLabel + 7) {
                plot.text(at, bottom + 17, "middle", "axis", label);
                lastLabel = at + half;
            }
        }
        plot.line(left, bottom, right, bottom, "base");
        return plot.done();
    }

    /** Requests by how long they took, on a logarithmic axis, with the percentiles marked. */
    static String latency(String id, LatencyResult latency) {
        Plot plot = new Plot(
                id,
                1120,
                240,
                "Latency of the endpoint",
                "Histogram of request times on a logarithmic axis: p50 " + Words.millis(latency.p50Ms()) + ", p99 "
                        + Words.millis(latency.p99Ms()) + ".");
        List<LatencyResult.Bucket> buckets = latency.buckets();
        if (buckets.isEmpty()) {
            return plot.text(560, 120, "middle", "note", "No request was measured.")
                    .done();
        }
        double left = 12;
        double right = 1108;
        double bottom = 204;
        double low = Math.log(buckets.get(0).fromMs());
        double high = Math.log(buckets.get(buckets.size() - 1).toMs());
        Scale x = new Scale(low, high, 1, left, right);
        long most = Math.max(
                1, buckets.stream().mapToLong(LatencyResult.Bucket::count).max().orElse(1));
        for (LatencyResult.Bucket bucket : buckets) {
            double from = x.at(Math.log(bucket.fromMs()));
            double to = x.at(Math.log(bucket.toMs()));
            double h = 132.0 * bucket.count() / most;
            plot.rect(
                    from + 1,
                    bottom - Math.max(h, bucket.count() > 0 ? 1 : 0),
                    to - from - 2,
                    Math.max(h, bucket.count() > 0 ? 1 : 0),
                    2,
                    "fill one",
                    Words.millis(bucket.fromMs()) + " to " + Words.millis(bucket.toMs()) + ": "
                            + Words.count(bucket.count()) + " requests");
        }
        plot.line(left, bottom, right, bottom, "base");
        double lastLabel = Double.NEGATIVE_INFINITY;
        for (int power = -3; power <= 7; power++) {
            for (int unit : new int[] {1, 2, 5}) {
                double value = unit * Math.pow(10, power);
                double at = x.at(Math.log(value));
                String label = value >= 1_000
                        ? Words.count(Math.round(value / 1_000)) + " s"
                        : Words.fixed(value, Math.max(0, -power)) + " ms";
                double half = label.length() * LETTER / 2;
                if (at - half > Math.max(left - 8, lastLabel + 10) && at + half < right + 8) {
                    plot.line(at, bottom, at, bottom + 5, "base");
                    plot.text(at, bottom + 20, "middle", "axis", label);
                    lastLabel = at + half;
                }
            }
        }
        mark(plot, x, bottom, 54, "p50", latency.p50Ms());
        mark(plot, x, bottom, 36, "p95", latency.p95Ms());
        mark(plot, x, bottom, 18, "p99", latency.p99Ms());
        return plot.done();
    }

    /** Each mark has a line of its own for its label, so that close percentiles never overlap. */
    private static void mark(Plot plot, Scale x, double bottom, double top, String name, @Nullable Double ms) {
        if (ms != null) {
            double at = x.at(Math.log(Math.max(ms, 1e-3)));
            plot.line(at, top - 10, at, bottom, "mark");
            boolean end = at > 940;
            plot.text(end ? at - 6 : at + 6, top, end ? "end" : "start", "name halo", name + "  " + Words.millis(ms));
        }
    }

    static String shortened(String text, int letters) {
        return text.length() <= letters ? text : text.substring(0, letters - 1) + "…";
    }

    private static String xy(double x, double y) {
        return Plot.n(x) + " " + Plot.n(y);
    }
}
