package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.event.Row;
import dev.isobar.features.Backfill;
import dev.isobar.features.FeaturePlan;
import org.jspecify.annotations.Nullable;

/** Our backfill from arrays to arrays. */
final class Ours implements TrainingSet {
    static final int THREADS = Runtime.getRuntime().availableProcessors();

    private final String name;
    private final FeaturePlan plan;
    private final Workload events;
    private final Labels labels;
    private @Nullable Backfill made;

    Ours(String name, FeaturePlan plan, Workload events, Labels labels) {
        this.name = name;
        this.plan = plan;
        this.events = events;
        this.labels = labels;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void make(PassClock clock) {
        made = null;
        clock.start();
        Backfill backfill = new Backfill(plan, THREADS, 1);
        // A table knows how many rows it has, in DuckDB as well.
        backfill.expectDecisions(labels.size());
        backfill.expectEvents(0, events.size());
        Row label = new Row(plan.decisionSchema());
        for (int i = 0; i < labels.size(); i++) {
            label.setWord(0, labels.id()[i])
                    .setWord(1, labels.card()[i])
                    .setWord(2, labels.time()[i])
                    .setWord(3, labels.label()[i]);
            backfill.decision(label, null, labels.time()[i], Long.MAX_VALUE);
        }
        Row event = new Row(plan.streamSchema(0));
        for (int i = 0; i < events.size(); i++) {
            event.setWord(0, events.id()[i])
                    .setWord(1, events.card()[i])
                    .setWord(2, events.eventTime()[i])
                    .setWord(3, events.availableTime()[i])
                    .setWord(4, events.cents()[i]);
            backfill.event(0, event);
        }
        backfill.answer();
        clock.stop();
        made = backfill;
    }

    @Override
    public Digest digest() {
        Backfill backfill = made;
        if (backfill == null) {
            throw new IllegalStateException("nothing is made yet");
        }
        Digest digest = new Digest();
        for (int i = 0; i < labels.size(); i++) {
            digest.row(labels.id()[i], labels.card()[i], labels.time()[i], labels.label()[i]);
            for (int c = 0; c < plan.size(); c++) {
                digest.value(backfill.valueOrNan(i, c));
            }
            digest.end();
        }
        return digest;
    }

    @Override
    public String note() {
        return THREADS + " threads";
    }
}
