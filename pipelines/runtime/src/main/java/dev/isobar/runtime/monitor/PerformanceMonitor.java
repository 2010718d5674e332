package dev.isobar.runtime.monitor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.jspecify.annotations.Nullable;

/**
 * Scores predictions against the labels that came later. Keeps every prediction in flat arrays, 17 bytes each (34 MB for two
 * million), because an exact AUC needs them all. Not thread safe.
 *
 * @since 0.1
 */
public final class PerformanceMonitor {
    private static final double CLIP = 1e-15;
    private static final int CALIBRATION_BINS = 10;
    private static final int ROC_POINTS = 100;

    private long[] micros = new long[1_024];
    private double[] scores = new double[1_024];
    private boolean[] labels = new boolean[1_024];
    private int size;
    private long unlabelled;

    /**
     * Adds a prediction with its label.
     *
     * @param eventMicros event time of the prediction, which decides its window
     * @param probability predicted for the positive class, 0 to 1; anything else is {@code INVALID_ARGUMENT}
     */
    public void add(long eventMicros, double probability, boolean label) {
        if (!(probability >= 0 && probability <= 1)) {
            throw Refusals.argument(
                    "A prediction of " + probability + " is not a probability.",
                    "Look at the model server's log: a classifier must answer between 0 and 1.");
        }
        if (size == scores.length) {
            int larger = size + (size >> 1);
            micros = Arrays.copyOf(micros, larger);
            scores = Arrays.copyOf(scores, larger);
            labels = Arrays.copyOf(labels, larger);
        }
        micros[size] = eventMicros;
        scores[size] = probability;
        labels[size] = label;
        size++;
    }

    /** Counts predictions whose label never came or could not be used. */
    public void addUnlabelled(long count) {
        unlabelled += count;
    }

    /** Scores what came so far, over everything and by window. */
    public PerformanceResult result(TimeWindows windows) {
        Slice all = slice(0, size, null);
        List<PerformanceResult.Window> series = new ArrayList<>();
        // Sorting by window, then by arrival, keeps every sum in one order whatever the length of the windows.
        int[] order = byWindow(windows);
        int from = 0;
        while (from < size) {
            long index = windows.index(micros[order[from]]);
            int to = from + 1;
            while (to < size && windows.index(micros[order[to]]) == index) {
                to++;
            }
            Slice one = slice(from, to, order);
            series.add(new PerformanceResult.Window(
                    windows.start(index),
                    windows.end(index),
                    one.auc(),
                    one.standardError(),
                    one.logLoss,
                    one.rows(),
                    one.baseRate(),
                    one.meanPrediction,
                    one.note()));
            from = to;
        }
        return new PerformanceResult(
                all.auc(),
                all.standardError(),
                all.logLoss,
                all.brier,
                all.rows(),
                unlabelled,
                all.baseRate(),
                all.note(),
                series,
                calibration(),
                all.roc());
    }

    /** Judges the AUC of each window against the policy's floor; no verdict without a floor. */
    public static List<Verdict> verdicts(PerformanceResult result, PerformancePolicy policy) {
        Double floor = policy.aucFloor();
        if (floor == null) {
            return List.of();
        }
        Persistence persistence = policy.persistence();
        List<Judgement.Window> judged = new ArrayList<>();
        for (PerformanceResult.Window window : result.windows()) {
            Double auc = window.auc();
            Double error = window.aucStandardError();
            if (auc != null && error != null && window.rows() >= persistence.minRows()) {
                double p = error == 0
                        ? (auc < floor ? 0 : 1)
                        : NormalDistribution.of(0, 1).cumulativeProbability((auc - floor) / error);
                judged.add(new Judgement.Window(
                        persistence.windows().index(window.fromMicros()),
                        auc,
                        p,
                        auc < floor && p < persistence.alpha()));
            }
        }
        String limit = Sentences.fixed(floor, 3);
        return Judgement.of(
                "auc", Verdict.Kind.PERFORMANCE, floor, persistence, false, judged, (state, worst, fired, of, span) -> {
                    String auc = Sentences.fixed(worst.value(), 3);
                    String p = Sentences.pValue(worst.pValue());
                    String count = of == 1 ? "1 window" : of + " windows";
                    return switch (state) {
                        case BREACH ->
                            "The live AUC fell below " + limit + " " + span + ": down to " + auc + " (" + p + "), in "
                                    + fired + " of the last " + count + ".";
                        case WATCH ->
                            "The live AUC was below " + limit + " in " + fired + " of " + count + " " + span
                                    + " (down to " + auc + ", " + p + "), not often enough for a breach.";
                        case OK ->
                            worst.value() < floor
                                    ? "The live AUC dipped to " + auc + " (floor " + limit
                                            + "), which chance explains (" + p + ")."
                                    : "The live AUC held its floor of " + limit + " " + span + ": " + auc
                                            + " in the worst of " + count + ".";
                    };
                });
    }

    private int[] byWindow(TimeWindows windows) {
        // Index and position packed would overflow for tiny windows; ranks of the distinct windows do not.
        long[] indices = new long[size];
        for (int i = 0; i < size; i++) {
            indices[i] = windows.index(micros[i]);
        }
        long[] distinct = Arrays.stream(indices).sorted().distinct().toArray();
        int[] next = new int[distinct.length + 1];
        int[] rank = new int[size];
        for (int i = 0; i < size; i++) {
            rank[i] = Arrays.binarySearch(distinct, indices[i]);
            next[rank[i] + 1]++;
        }
        for (int i = 1; i < next.length; i++) {
            next[i] += next[i - 1];
        }
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            order[next[rank[i]]++] = i;
        }
        return order;
    }

    private Slice slice(int from, int to, int @Nullable [] order) {
        double[] positive = new double[to - from];
        double[] negative = new double[to - from];
        int p = 0;
        int n = 0;
        Moments loss = new Moments();
        Moments squared = new Moments();
        Moments predicted = new Moments();
        for (int i = from; i < to; i++) {
            int at = order == null ? i : order[i];
            double score = scores[at];
            double held = Math.min(1 - CLIP, Math.max(CLIP, score));
            loss.add(-Math.log(labels[at] ? held : 1 - held));
            double error = score - (labels[at] ? 1 : 0);
            squared.add(error * error);
            predicted.add(score);
            if (labels[at]) {
                positive[p++] = score;
            } else {
                negative[n++] = score;
            }
        }
        double[] positives = Arrays.copyOf(positive, p);
        double[] negatives = Arrays.copyOf(negative, n);
        Arrays.sort(positives);
        Arrays.sort(negatives);
        return new Slice(positives, negatives, loss.mean(), squared.mean(), predicted.mean());
    }

    private List<PerformanceResult.CalibrationBin> calibration() {
        long[] rows = new long[CALIBRATION_BINS];
        long[] positives = new long[CALIBRATION_BINS];
        double[] sums = new double[CALIBRATION_BINS];
        for (int i = 0; i < size; i++) {
            int bin = Math.min(CALIBRATION_BINS - 1, (int) (scores[i] * CALIBRATION_BINS));
            rows[bin]++;
            sums[bin] += scores[i];
            positives[bin] += labels[i] ? 1 : 0;
        }
        List<PerformanceResult.CalibrationBin> bins = new ArrayList<>();
        for (int i = 0; i < CALIBRATION_BINS; i++) {
            if (rows[i] > 0) {
                double n = rows[i];
                double rate = positives[i] / n;
                double z = 1.959963984540054;
                double centre = (rate + z * z / (2 * n)) / (1 + z * z / n);
                double half = z * Math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n);
                bins.add(new PerformanceResult.CalibrationBin(
                        i / (double) CALIBRATION_BINS,
                        (i + 1) / (double) CALIBRATION_BINS,
                        rows[i],
                        sums[i] / n,
                        rate,
                        Math.max(0, centre - half),
                        Math.min(1, centre + half)));
            }
        }
        return bins;
    }

    /** Scores of both classes, each ascending, and the means that do not need their order. */
    private static final class Slice {
        private final double[] positives;
        private final double[] negatives;
        private final double logLoss;
        private final double brier;
        private final double meanPrediction;

        Slice(double[] positives, double[] negatives, double logLoss, double brier, double meanPrediction) {
            this.positives = positives;
            this.negatives = negatives;
            this.logLoss = logLoss;
            this.brier = brier;
            this.meanPrediction = meanPrediction;
        }

        long rows() {
            return (long) positives.length + negatives.length;
        }

        double baseRate() {
            return (double) positives.length / rows();
        }

        @Nullable
        String note() {
            if (rows() == 0) {
                return "No prediction has a label.";
            }
            if (positives.length == 0) {
                return "Every label is negative, so there is no AUC.";
            }
            return negatives.length == 0 ? "Every label is positive, so there is no AUC." : null;
        }

        /** Mann-Whitney: the share of (positive, negative) pairs in the right order, a tie counting half. */
        double auc() {
            if (positives.length == 0 || negatives.length == 0) {
                return Double.NaN;
            }
            long below = 0; // negatives < the positive
            long upTo = 0; // negatives ≤ the positive
            long twice = 0;
            for (double score : positives) {
                while (below < negatives.length && negatives[(int) below] < score) {
                    below++;
                }
                while (upTo < negatives.length && negatives[(int) upTo] <= score) {
                    upTo++;
                }
                twice += below + upTo;
            }
            return twice / 2.0 / ((double) positives.length * negatives.length);
        }

        double standardError() {
            double a = auc();
            double p = positives.length;
            double n = negatives.length;
            double q1 = a / (2 - a);
            double q2 = 2 * a * a / (1 + a);
            return Math.sqrt(Math.max(0, a * (1 - a) + (p - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (p * n));
        }

        List<PerformanceResult.RocPoint> roc() {
            List<PerformanceResult.RocPoint> points = new ArrayList<>();
            if (positives.length == 0 || negatives.length == 0) {
                return points;
            }
            int p = positives.length;
            int n = negatives.length;
            points.add(new PerformanceResult.RocPoint(0, 0));
            double last = 0;
            while (p > 0 || n > 0) {
                double threshold = Math.max(p > 0 ? positives[p - 1] : -1, n > 0 ? negatives[n - 1] : -1);
                while (p > 0 && positives[p - 1] >= threshold) {
                    p--;
                }
                while (n > 0 && negatives[n - 1] >= threshold) {
                    n--;
                }
                double x = 1 - (double) n / negatives.length;
                double y = 1 - (double) p / positives.length;
                if (x + y - last >= 2.0 / ROC_POINTS || (p == 0 && n == 0)) {
                    points.add(new PerformanceResult.RocPoint(x, y));
                    last = x + y;
                }
            }
            return points;
        }
    }
}
