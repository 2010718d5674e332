package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.Features;
import dev.isobar.event.FieldType;
import dev.isobar.features.FeaturePlan;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The pipelines whose training sets are made. */
final class Pipeline {
    static final String LABELS = "labels";
    static final String TRANSACTIONS = "transactions";

    /** Longer than the whole history: the last amount, however long ago. */
    private static final long EVER = 30 * 86_400 * Features.SECOND;

    private static final ExprSpec AMOUNT = new ExprSpec.Col(TRANSACTIONS, "amount_cents");

    private Pipeline() {}

    /** The last amount before the label. */
    static FeaturePlan last() {
        return plan(List.of(new ViewSpec.FeatureSpec(
                "last_amount", new ExprSpec.Aggregate(AggregateFn.LAST, TRANSACTIONS, AMOUNT, EVER, false))));
    }

    /** The fifteen features of the workload. */
    static FeaturePlan windows() {
        List<ViewSpec.FeatureSpec> features = new ArrayList<>();
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            for (AggregateFn fn : List.of(
                    AggregateFn.COUNT, AggregateFn.SUM, AggregateFn.MEAN, AggregateFn.MAX, AggregateFn.STDDEV)) {
                features.add(new ViewSpec.FeatureSpec(
                        Features.names().get(features.size()),
                        new ExprSpec.Aggregate(
                                fn, TRANSACTIONS, fn == AggregateFn.COUNT ? null : AMOUNT, Features.window(w), false)));
            }
        }
        return plan(features);
    }

    private static FeaturePlan plan(List<ViewSpec.FeatureSpec> features) {
        StreamSpec transactions = new StreamSpec(
                TRANSACTIONS,
                TRANSACTIONS,
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
        StreamSpec labels = new StreamSpec(
                LABELS,
                LABELS,
                List.of(
                        column("label_id", FieldType.INT64),
                        column("card", FieldType.INT64),
                        column("time", FieldType.TIMESTAMP),
                        column("label", FieldType.INT32)),
                "label_id",
                List.of("card"),
                "time",
                null,
                Features.LATENESS,
                Features.HORIZON);
        return FeaturePlan.compile(new PipelineSpec(
                "cards",
                Map.of(),
                List.of(),
                List.of(labels, transactions),
                List.of(new ViewSpec.EntitySpec(
                        "card", Map.of(LABELS, List.of("card"), TRANSACTIONS, List.of("card")))),
                List.of(new ViewSpec("card", "card", features)),
                LABELS,
                List.of(new ViewSpec.UseSpec("card", "card", List.of("card"))),
                null,
                null,
                null));
    }

    private static ColumnSpec column(String name, FieldType type) {
        return new ColumnSpec(name, type, false, name, null, null, null);
    }
}
