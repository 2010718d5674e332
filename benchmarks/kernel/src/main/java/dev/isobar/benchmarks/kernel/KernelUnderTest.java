package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.features.Admission;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.Retention;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The one place that knows how the kernel is called. Not thread safe; one per partition. */
final class KernelUnderTest {
    private static final String STREAM = "transactions";
    private static final int EVENTS_PER_ADVANCE = 256;
    private static final int EVENTS_PER_DRAIN = 8_192;

    private final FeatureKernel kernel;
    private final FeatureVector vector;
    private final Row row;
    private final int idSlot;
    private final int cardSlot;
    private final int eventTimeSlot;
    private final int availableTimeSlot;
    private final int amountSlot;
    private final String[] keys;
    private int accepted;

    /** A kernel with the workload's features; {@code keys} are the texts of the cards, made once. */
    KernelUnderTest(FeaturePlan plan, String[] keys) {
        this.kernel = new FeatureKernel(plan, Retention.ofMicros(Features.LATENESS));
        this.vector = new FeatureVector(plan);
        this.row = new Row(plan.decisionSchema());
        this.idSlot = row.schema().require("transaction_id");
        this.cardSlot = row.schema().require("card");
        this.eventTimeSlot = row.schema().require("event_time");
        this.availableTimeSlot = row.schema().require("available_time");
        this.amountSlot = row.schema().require("amount_cents");
        this.keys = keys;
    }

    /** The pipeline's features, compiled. */
    static FeaturePlan plan(boolean includingCurrent) {
        List<ViewSpec.FeatureSpec> features = new ArrayList<>();
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            for (AggregateFn fn : List.of(
                    AggregateFn.COUNT, AggregateFn.SUM, AggregateFn.MEAN, AggregateFn.MAX, AggregateFn.STDDEV)) {
                features.add(new ViewSpec.FeatureSpec(
                        Features.names().get(features.size()),
                        new ExprSpec.Aggregate(
                                fn,
                                STREAM,
                                fn == AggregateFn.COUNT ? null : new ExprSpec.Col(STREAM, "amount_cents"),
                                Features.window(w),
                                includingCurrent)));
            }
        }
        StreamSpec stream = new StreamSpec(
                STREAM,
                STREAM,
                List.of(
                        column("transaction_id", FieldType.INT64),
                        column("card", FieldType.INT64),
                        column("event_time", FieldType.TIMESTAMP),
                        column("available_time", FieldType.TIMESTAMP),
                        column("amount_cents", FieldType.INT64)),
                "transaction_id",
                List.of("card"),
                "event_time",
                "available_time",
                Features.LATENESS,
                Features.HORIZON);
        return FeaturePlan.compile(new PipelineSpec(
                "cards",
                Map.of(),
                List.of(),
                List.of(stream),
                List.of(new ViewSpec.EntitySpec("card", Map.of(STREAM, List.of("card")))),
                List.of(new ViewSpec("card", "card", features)),
                STREAM,
                List.of(new ViewSpec.UseSpec("card", "card", List.of("card"))),
                null,
                null,
                null));
    }

    private static ColumnSpec column(String name, FieldType type) {
        return new ColumnSpec(name, type, false, name, null, null, null);
    }

    /** The texts of the cards. */
    static String[] keys(int cards) {
        String[] keys = new String[cards];
        for (int c = 0; c < cards; c++) {
            keys[c] = Integer.toString(c);
        }
        return keys;
    }

    /** Makes a transaction the present one. */
    void read(Workload w, int i) {
        row.setWord(idSlot, w.id()[i])
                .setWord(cardSlot, w.card()[i])
                .setWord(eventTimeSlot, w.eventTime()[i])
                .setWord(availableTimeSlot, w.availableTime()[i])
                .setWord(amountSlot, w.cents()[i]);
    }

    /** Writes the vector of the present transaction as of its event time, known at k. */
    void evaluate(long k, double[] into) {
        kernel.evaluate(row, null, row.word(eventTimeSlot), k, vector);
        vector.copyTo(into, 0);
    }

    /** Takes the present transaction in. */
    Admission accept() {
        Admission admission = kernel.accept(
                0,
                Long.toString(row.word(idSlot)),
                keys[(int) row.word(cardSlot)],
                row.word(eventTimeSlot),
                row.word(availableTimeSlot),
                row);
        if (++accepted % EVENTS_PER_DRAIN == 0) {
            kernel.drainDirtyKeys();
        }
        return admission;
    }

    /** Promises that nothing available before this time comes any more. */
    void advance(long available) {
        if (accepted % EVENTS_PER_ADVANCE == 0) {
            kernel.advance(0, available);
        }
    }
}
