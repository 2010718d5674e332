package dev.isobar.runtime.step;

import dev.isobar.event.Row;
import dev.isobar.features.FeatureColumn;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.Range;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.runtime.history.KnownTimeSlices;
import dev.isobar.runtime.history.KnownTimeSlices.Slice;
import dev.isobar.runtime.history.LakeFeed;
import dev.isobar.runtime.history.LoggedPredictions;
import dev.isobar.runtime.history.Recorded;
import dev.isobar.runtime.label.LabelReader;
import dev.isobar.runtime.monitor.DriftMonitor;
import dev.isobar.runtime.monitor.DriftPolicy;
import dev.isobar.runtime.monitor.DriftResult;
import dev.isobar.runtime.monitor.LatencyMonitor;
import dev.isobar.runtime.monitor.LatencyResult;
import dev.isobar.runtime.monitor.MonitorResult;
import dev.isobar.runtime.monitor.PerformanceMonitor;
import dev.isobar.runtime.monitor.PerformancePolicy;
import dev.isobar.runtime.monitor.PerformanceResult;
import dev.isobar.runtime.monitor.Persistence;
import dev.isobar.runtime.monitor.QualityMonitor;
import dev.isobar.runtime.monitor.TimeWindows;
import dev.isobar.runtime.result.RunResult.Features;
import dev.isobar.runtime.result.RunResult.StreamCount;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.runtime.table.RowDigest;
import dev.isobar.spec.DeploySpec;
import dev.isobar.spec.MonitorSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;
import dev.isobar.workload.PredictionLog;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Monitor: what comes after the acceptance cut is replayed as live traffic; then what was served is compared with what was trained on and, where labels came, with the truth. Verdicts are recorded;
 * acting on them is the runtime's affair.
 */
public final class MonitorStep {
    /** Its name. */
    public static final String NAME = "monitor";

    private static final String LIVE = "live";
    private static final long DAY = 86_400_000_000L;

    private final RunContext run;
    private final TrainingSpec training;
    private final DeploySpec deploy;
    private final MonitorSpec monitor;

    /** What the monitors found. The latency is what this process saw; a resumed replay counts only its own part. */
    public record Watched(MonitorResult result, DriftResult drift) {}

    public MonitorStep(RunContext run, TrainingSpec training, DeploySpec deploy, MonitorSpec monitor) {
        this.run = run;
        this.training = training;
        this.deploy = deploy;
        this.monitor = monitor;
    }

    /** Replays the live part. A canary is promoted when its bake is over on the replay's clock. */
    public LatencyResult replay(DeployStep deployment, DeployStep.Done deployed, TrainStep.Done trained) {
        LatencyMonitor latency = new LatencyMonitor();
        long cut = training.acceptUntilMicros();
        boolean[] baking = {deployed.canary()};
        new LiveReplay(run, deploy.endpoint(), cut, latency).play(liveDecisions(cut), now -> {
            if (baking[0] && now >= cut + deploy.bakeMicros()) {
                deployment.promote(trained, deployed.candidate());
                baking[0] = false;
            }
        });
        if (baking[0]) {
            // The recording ends before the bake does: nothing spoke against the candidate.
            deployment.promote(trained, deployed.candidate());
        }
        return latency.result();
    }

    /** Vectors of the live decisions, recomputed from the lake, join those of the history: the offline feature table is complete. */
    public Features features() {
        OfflineStore tables = run.target().offlineStore();
        FeatureTable features = run.features();
        run.journal().once(run.runId(), "monitor.features", Long.class, () -> backfillLive(tables, features));
        return run.journal()
                .once(
                        run.runId(),
                        "monitor.features-digest",
                        Features.class,
                        () -> new Features(
                                tables.describe(features.table()).orElseThrow().rows(),
                                run.plan().columns().stream()
                                        .map(FeatureColumn::name)
                                        .toList(),
                                RowDigest.ofTable(tables, features.table(), features.schema())));
    }

    /** Compares reference and current, and predictions with labels. */
    public Watched watch(List<StreamCount> streams, LatencyResult latency) {
        List<String> names =
                run.plan().columns().stream().map(FeatureColumn::name).toList();
        TimeWindows windows = new TimeWindows(monitor.everyMicros());
        Persistence persistence = persistence(windows);
        DriftMonitor drift = new DriftMonitor(names, new DriftPolicy(monitor.psiAbove(), persistence));
        QualityMonitor quality = new QualityMonitor(
                names.stream().map(QualityMonitor.Rule::learned).toList());
        PerformanceMonitor performance = new PerformanceMonitor();
        double[] values = new double[names.size()];
        reference(drift, quality, values);
        Map<String, Double> labels = labels();
        long unlabelled = 0;
        try (LoggedPredictions log =
                new LoggedPredictions(run.target().eventStream(), run.predictions(), run.plan(), run.scratch())) {
            int score = log.row().schema().require(PredictionLog.SCORE);
            int decisionId = log.row().schema().require(PredictionLog.DECISION_ID);
            int join = log.row().schema().require(PredictionLog.input(training.joinOn()));
            for (Candidate p = log.next(); p != null; p = log.next()) {
                Row row = log.row();
                String decision = row.text(decisionId);
                if (decision == null || !p.id().equals(RunContext.predictionId(run.runId(), decision))) {
                    continue;
                }
                fill(values, row, log.vector());
                drift.add(p.eventTime(), values);
                quality.add(p.eventTime(), values);
                Double label = labels.get(dev.isobar.event.RowText.format(row, join));
                if (label == null) {
                    unlabelled++;
                } else if (training.task() == TrainingSpec.Task.BINARY) {
                    performance.add(p.eventTime(), row.float64(score), label != 0);
                }
            }
        }
        performance.addUnlabelled(unlabelled);
        streams.forEach(s -> s.reasons().forEach((reason, n) -> quality.addDeadLetters(s.name() + ": " + reason, n)));
        PerformanceResult performed = performance.result(windows);
        PerformancePolicy policy = new PerformancePolicy(aucFloor(), persistence);
        DriftResult drifted = drift.result();
        return new Watched(MonitorResult.of(drifted, performed, policy, quality, latency), drifted);
    }

    private long liveDecisions(long cut) {
        long total = 0;
        StreamSpec decisions = run.spec().stream(run.plan().decisions());
        Row row = new Row(run.events(decisions).schema());
        try (RowCursor cursor = run.target()
                .offlineStore()
                .scan(new ScanRequest(
                        run.events(decisions).table(),
                        null,
                        new Range("_available_time", cut, Long.MAX_VALUE),
                        false))) {
            while (cursor.next(row)) {
                total++;
            }
        }
        return total;
    }

    private long backfillLive(OfflineStore tables, FeatureTable features) {
        FeatureKernel kernel = new FeatureKernel(run.plan(), KnownTimeSlices.retention(run.spec()));
        FeatureVector vector = new FeatureVector(run.plan());
        Row row = new Row(features.schema());
        long cut = training.acceptUntilMicros();
        try (PartWriter part = tables.write(features.table(), LIVE);
                KnownTimeSlices slices = new KnownTimeSlices(
                        run.spec(),
                        run.plan(),
                        kernel,
                        s -> new LakeFeed(tables, run.events(s), Long.MAX_VALUE, null))) {
            for (Slice slice = slices.next(Long.MAX_VALUE); slice != null; slice = slices.next(Long.MAX_VALUE)) {
                for (Recorded d : slice.decisions()) {
                    if (d.availableTime() >= cut) {
                        kernel.evaluate(d.row(), d.id(), d.eventTime(), d.availableTime(), vector);
                        features.fill(row, d.key(), d.id(), vector);
                        part.append(row);
                    }
                }
            }
            PartInfo written = part.commit();
            return written.rows();
        }
    }

    /** The rows the model was trained on. */
    private void reference(DriftMonitor drift, QualityMonitor quality, double[] values) {
        FeatureTable set = run.trainingSet();
        Row row = new Row(set.schema());
        try (RowCursor cursor = run.target().offlineStore().scan(ScanRequest.ordered(set.table()))) {
            while (cursor.next(row)) {
                if (FeatureTable.TRAIN.equals(row.text(6))) {
                    fill(values, row, FeatureTable.TRAINING_HEAD);
                    drift.addReference(values);
                    quality.addReference(values);
                }
            }
        }
    }

    /** Labels that came true after the acceptance cut, and those of flights under way at the cut. */
    private Map<String, Double> labels() {
        StreamSpec stream = run.spec().stream(training.labelStream());
        LabelReader reader = new LabelReader(training, stream);
        Map<String, Double> labels = new HashMap<>();
        try (LakeFeed feed = new LakeFeed(run.target().offlineStore(), run.events(stream), Long.MAX_VALUE, null)) {
            for (Recorded r = feed.peek(); r != null; r = feed.peek()) {
                if (r.availableTime() >= training.acceptUntilMicros()) {
                    double value = reader.label(r.row());
                    if (!Double.isNaN(value)) {
                        labels.put(r.id(), value);
                    }
                }
                feed.take();
            }
        }
        return labels;
    }

    private static void fill(double[] values, Row row, int from) {
        for (int i = 0; i < values.length; i++) {
            values[i] = row.isNull(from + i) ? Double.NaN : row.float64(from + i);
        }
    }

    private Persistence persistence(TimeWindows windows) {
        for (MonitorSpec.ActionSpec a : monitor.onBreach()) {
            if (a.outOf() > 1) {
                return new Persistence(
                        windows, a.breaches(), a.outOf(), a.cooldownMicros(), 100, monitor.significance());
            }
        }
        return new Persistence(windows, 1, 1, DAY, 100, monitor.significance());
    }

    private @Nullable Double aucFloor() {
        return monitor.performance().stream()
                .filter(t -> t.metric() == TrainingSpec.Metric.AUC)
                .map(MonitorSpec.ThresholdSpec::value)
                .findFirst()
                .orElse(null);
    }
}
