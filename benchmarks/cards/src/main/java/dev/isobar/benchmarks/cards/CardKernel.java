package dev.isobar.benchmarks.cards;

import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.event.Row;
import dev.isobar.features.Admission;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.Retention;
import java.util.Objects;

/** Our kernel as the comparisons call it: transaction by transaction. Not thread safe; one per partition. */
public final class CardKernel {
    private static final int EVENTS_PER_ADVANCE = 256;
    private static final int EVENTS_PER_DRAIN = 8_192;
    private static final int AT_ONCE = 64;

    private final FeatureKernel kernel;
    private final FeatureVector vector;
    private final Row row;
    private final int idSlot;
    private final int cardSlot;
    private final int eventTimeSlot;
    private final int availableTimeSlot;
    private final int amountSlot;
    private int accepted;

    /** A kernel with the workload's features. */
    public CardKernel(FeaturePlan plan) {
        this(plan, new FeatureKernel(plan, Retention.ofMicros(Features.LATENESS)));
    }

    /** A kernel of the workload's pipeline that was made otherwise. */
    public CardKernel(FeaturePlan plan, FeatureKernel kernel) {
        this.kernel = kernel;
        this.vector = new FeatureVector(plan);
        this.row = new Row(plan.decisionSchema());
        this.idSlot = row.schema().require("transaction_id");
        this.cardSlot = row.schema().require("card");
        this.eventTimeSlot = row.schema().require("event_time");
        this.availableTimeSlot = row.schema().require("available_time");
        this.amountSlot = row.schema().require("amount_cents");
    }

    /** Makes a transaction the present one. */
    public void read(Workload w, int i) {
        row.setWord(idSlot, w.id()[i])
                .setWord(cardSlot, w.card()[i])
                .setWord(eventTimeSlot, w.eventTime()[i])
                .setWord(availableTimeSlot, w.availableTime()[i])
                .setWord(amountSlot, w.cents()[i]);
    }

    /** Lets the kernel know which transactions come next, some dozens at a time as a log hands them out. */
    public void expect(Workload w, int i) {
        if (i % AT_ONCE == 0) {
            for (int next = i; next < Math.min(i + AT_ONCE, w.size()); next++) {
                read(w, next);
                kernel.expect(0, row);
            }
            kernel.fetch();
        }
    }

    /** Writes the vector of the present transaction as of its event time, known at k. */
    public void evaluate(long k, double[] into) {
        kernel.evaluate(row, null, row.word(eventTimeSlot), k, vector);
        vector.copyTo(into, 0);
    }

    /** Takes the present transaction in. */
    public Admission accept() {
        Admission admission = Objects.requireNonNull(kernel.accept(0, row), "a card is never null");
        if (++accepted % EVENTS_PER_DRAIN == 0) {
            kernel.discardDirtyKeys();
        }
        return admission;
    }

    /** Promises that nothing available before this time comes any more. */
    public void advance(long available) {
        if (accepted % EVENTS_PER_ADVANCE == 0) {
            kernel.advance(0, available);
        }
    }
}
