package dev.isobar.runtime.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * Drift of a whole feature vector. First every reference row, then every current row in any order; {@link #result()} at any time.
 * Keeps, per feature, two samples of at most {@link ReferenceProfile#SAMPLE} values and one small array of counts for each
 * window that has rows. Not thread safe.
 *
 * <pre>{@code
 * DriftMonitor drift = new DriftMonitor(List.of("distance", "late_share_1h"), DriftPolicy.ofDefaults());
 * drift.addReference(new double[] {431, 0.25});      // each training row; NaN is null
 * drift.add(eventTimeMicros, new double[] {431, Double.NaN}); // each served vector
 * DriftResult result = drift.result();
 * }</pre>
 *
 * @since 0.1
 */
public final class DriftMonitor {
    private final List<String> names;
    private final DriftPolicy policy;
    private final ReferenceProfile[] references;
    private final SortedMap<Long, long[][]> windows = new TreeMap<>();
    private FeatureBins[] bins = {};
    private CurrentProfile[] currents = {};
    private boolean frozen;
    private long lastIndex = Long.MIN_VALUE;
    private long[][] lastCounts = {};

    /**
     * A monitor without rows.
     *
     * @param names the features, in the order of every row
     */
    public DriftMonitor(List<String> names, DriftPolicy policy) {
        this.names = List.copyOf(names);
        this.policy = policy;
        this.references = new ReferenceProfile[names.size()];
        for (int f = 0; f < references.length; f++) {
            references[f] = new ReferenceProfile(this.names.get(f));
        }
    }

    /** Adds a reference row. Refused ({@code INVALID_ARGUMENT}) once a current row came: the bins are fixed then. */
    public void addReference(double[] values) {
        checkWidth(values);
        if (frozen) {
            throw Refusals.argument(
                    "A reference row came after the first current row.",
                    "Read the whole training set before the first prediction.");
        }
        for (int f = 0; f < values.length; f++) {
            references[f].add(values[f]);
        }
    }

    /**
     * Adds a current row.
     *
     * @param micros its event time, which decides its window
     */
    public void add(long micros, double[] values) {
        checkWidth(values);
        freeze();
        long index = policy.persistence().windows().index(micros);
        if (index != lastIndex) {
            lastCounts = windows.computeIfAbsent(index, i -> emptyCounts());
            lastIndex = index;
        }
        for (int f = 0; f < values.length; f++) {
            currents[f].add(values[f]);
            lastCounts[f][bins[f].indexOf(values[f])]++;
        }
    }

    /** Compares and judges what came so far. */
    public DriftResult result() {
        freeze();
        List<FeatureDrift> features = new ArrayList<>();
        List<DriftResult.Histogram> histograms = new ArrayList<>();
        for (int f = 0; f < bins.length; f++) {
            features.add(currents[f].drift());
            histograms.add(histogram(bins[f], currents[f].counts()));
        }
        List<List<Judgement.Window>> judged = new ArrayList<>();
        names.forEach(name -> judged.add(new ArrayList<>()));
        List<DriftResult.Window> series = new ArrayList<>();
        Persistence persistence = policy.persistence();
        windows.forEach((index, counts) -> {
            long rows = counts.length == 0 ? 0 : LongStream.of(counts[0]).sum();
            boolean enough = rows >= persistence.minRows();
            List<DriftResult.Cell> cells = new ArrayList<>();
            for (int f = 0; f < bins.length; f++) {
                long[] reference = bins[f].counts();
                double psi = Distances.psi(reference, counts[f]);
                double p = Distances.psiPValue(reference, counts[f]);
                cells.add(new DriftResult.Cell(psi, p));
                if (enough && !Double.isNaN(psi)) {
                    judged.get(f).add(new Judgement.Window(index, psi, p, policy.fires(psi, p)));
                }
            }
            series.add(new DriftResult.Window(
                    persistence.windows().start(index), persistence.windows().end(index), rows, enough, cells));
        });
        List<Verdict> verdicts = new ArrayList<>();
        for (int f = 0; f < bins.length; f++) {
            String name = names.get(f);
            verdicts.addAll(Judgement.of(
                    name,
                    Verdict.Kind.DRIFT,
                    policy.psi(),
                    persistence,
                    true,
                    judged.get(f),
                    (state, worst, fired, of, span) -> sentence(name, state, worst, fired, of, span)));
        }
        return new DriftResult(features, series, histograms, verdicts);
    }

    private String sentence(
            String name, Verdict.State state, Judgement.Window worst, int fired, int judged, String span) {
        String limit = Sentences.fixed(policy.psi(), 2);
        String psi = Sentences.fixed(worst.value(), 2);
        String p = Sentences.pValue(worst.pValue());
        String windows = judged == 1 ? "1 window" : judged + " windows";
        return switch (state) {
            case BREACH ->
                name + " drifted " + span + ": PSI up to " + psi + " (threshold " + limit + ", " + p + "), in " + fired
                        + " of the last " + windows + ".";
            case WATCH ->
                name + " left the threshold in " + fired + " of " + windows + " " + span + " (PSI up to " + psi
                        + ", threshold " + limit + ", " + p + "), not often enough for a breach.";
            case OK ->
                worst.value() >= policy.psi()
                        ? name + " reached PSI " + psi + " at most (threshold " + limit + "), which chance explains ("
                                + p + ")."
                        : name + " stayed near its reference " + span + ": PSI at most " + psi + " (threshold " + limit
                                + ").";
        };
    }

    private static DriftResult.Histogram histogram(FeatureBins bins, long[] current) {
        long[] reference = bins.counts();
        double n = Math.max(1, LongStream.of(reference).sum());
        double m = Math.max(1, LongStream.of(current).sum());
        List<String> labels = new ArrayList<>();
        List<Double> r = new ArrayList<>();
        List<Double> c = new ArrayList<>();
        for (int i = 0; i < reference.length; i++) {
            if (reference[i] + current[i] > 0) {
                labels.add(bins.label(i));
                r.add(reference[i] / n);
                c.add(current[i] / m);
            }
        }
        return new DriftResult.Histogram(bins.name(), labels, r, c);
    }

    private void freeze() {
        if (!frozen) {
            frozen = true;
            bins = new FeatureBins[references.length];
            currents = new CurrentProfile[references.length];
            for (int f = 0; f < references.length; f++) {
                bins[f] = references[f].bins();
                currents[f] = new CurrentProfile(bins[f]);
            }
        }
    }

    private long[][] emptyCounts() {
        long[][] counts = new long[bins.length][];
        for (int f = 0; f < bins.length; f++) {
            counts[f] = new long[bins[f].size()];
        }
        return counts;
    }

    private void checkWidth(double[] values) {
        if (values.length != names.size()) {
            throw Refusals.argument(
                    "A row of " + values.length + " values came to a monitor of " + names.size() + " features.",
                    "Give every row the features " + names + " in this order.");
        }
    }
}
