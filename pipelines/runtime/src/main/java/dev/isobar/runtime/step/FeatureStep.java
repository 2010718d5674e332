package dev.isobar.runtime.step;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeatureVector;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.runtime.history.KnownTimeSlices;
import dev.isobar.runtime.history.KnownTimeSlices.Slice;
import dev.isobar.runtime.history.LakeFeed;
import dev.isobar.runtime.history.Recorded;
import dev.isobar.runtime.label.Label;
import dev.isobar.runtime.label.LabelReader;
import dev.isobar.runtime.result.RunResult.TrainingSet;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.runtime.table.RowDigest;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Feature: the history up to the acceptance cut goes from the lake through the kernel; every decision gets its vector, those with a known label make the training set, and
 * the state at the cut becomes the online state that the replay goes on from.
 */
public final class FeatureStep {
    /** Its name. */
    public static final String NAME = "feature";

    /** Vectors of the history, as opposed to those of the live part. */
    static final String BACKFILL = "backfill";

    private final RunContext run;
    private final TrainingSpec training;

    /** What the step leaves behind. */
    public record Done(TrainingSet trainingSet, long vectors) {}

    public FeatureStep(RunContext run, TrainingSpec training) {
        this.run = run;
        this.training = training;
    }

    /** Does it. */
    public Done execute() {
        return run.journal().once(run.runId(), "feature.backfill", Done.class, this::backfill);
    }

    private Done backfill() {
        OfflineStore tables = run.target().offlineStore();
        FeatureTable features = run.features();
        FeatureTable set = run.trainingSet();
        tables.create(features.definition());
        tables.create(set.definition());
        Map<String, Label> labels = labels(tables);
        long cut = training.acceptUntilMicros();
        FeatureKernel kernel = new FeatureKernel(run.plan(), KnownTimeSlices.retention(run.spec()));
        FeatureVector vector = new FeatureVector(run.plan());
        Row row = new Row(features.schema());
        Row labelled = new Row(set.schema());
        Map<String, Long> reasons = new TreeMap<>();
        long vectors = 0;
        long train = 0;
        long accept = 0;
        try (PartWriter vectorPart = tables.write(features.table(), BACKFILL);
                PartWriter setPart = tables.write(set.table(), BACKFILL);
                KnownTimeSlices slices = slices(kernel, cut)) {
            for (Slice slice = slices.next(cut); slice != null; slice = slices.next(cut)) {
                for (Recorded d : slice.decisions()) {
                    kernel.evaluate(d.row(), d.id(), d.eventTime(), d.availableTime(), vector);
                    features.fill(row, d.key(), d.id(), vector);
                    vectorPart.append(row);
                    vectors++;
                    Label label = labels.get(joinKey(d));
                    String part = Label.part(training, d.eventTime(), label);
                    if (part.equals(FeatureTable.TRAIN) || part.equals(FeatureTable.ACCEPT)) {
                        set.fill(labelled, d.key(), d.id(), vector);
                        Label known = java.util.Objects.requireNonNull(label);
                        set.label(labelled, known.time(), known.value(), part);
                        setPart.append(labelled);
                        train += part.equals(FeatureTable.TRAIN) ? 1 : 0;
                        accept += part.equals(FeatureTable.ACCEPT) ? 1 : 0;
                    } else {
                        reasons.merge(part, 1L, Long::sum);
                    }
                }
                run.progress(NAME, "vectors", vectors, -1);
            }
            slices.advance(cut);
            vectorPart.commit();
            setPart.commit();
        }
        if (train == 0 || accept == 0) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "There are " + train + " rows to train on and " + accept
                                    + " to accept on: the input has no decisions with a known label "
                                    + (train == 0
                                            ? "before " + RowText.instant(training.trainUntilMicros())
                                            : "from " + RowText.instant(training.trainUntilMicros()) + " to "
                                                    + RowText.instant(cut)))
                    .hint("Use an input that covers the pipeline's split, or change the split.")
                    .build();
        }
        OnlineState.write(run.target().onlineStore(), run.namespace(), run.runId(), kernel);
        long leftOut = reasons.values().stream().mapToLong(Long::longValue).sum();
        String digest = RowDigest.ofTable(tables, set.table(), set.schema());
        return new Done(new TrainingSet(train + accept, train, accept, leftOut, reasons, digest), vectors);
    }

    private String joinKey(Recorded decision) {
        return RowText.format(decision.row(), decision.row().schema().require(training.joinOn()));
    }

    /** Labels known by the acceptance cut, by the id of the event that brought them. */
    private Map<String, Label> labels(OfflineStore tables) {
        StreamSpec stream = run.spec().stream(training.labelStream());
        LabelReader reader = new LabelReader(training, stream);
        Map<String, Label> labels = new HashMap<>();
        try (LakeFeed feed = new LakeFeed(tables, run.events(stream), training.acceptUntilMicros() + 1, null)) {
            for (Recorded r = feed.peek(); r != null; r = feed.peek()) {
                double value = reader.label(r.row());
                if (!Double.isNaN(value)) {
                    labels.put(r.id(), new Label(r.availableTime(), value));
                }
                feed.take();
            }
        }
        return labels;
    }

    private KnownTimeSlices slices(FeatureKernel kernel, long until) {
        return new KnownTimeSlices(
                run.spec(),
                run.plan(),
                kernel,
                s -> new LakeFeed(run.target().offlineStore(), run.events(s), until, null));
    }
}
