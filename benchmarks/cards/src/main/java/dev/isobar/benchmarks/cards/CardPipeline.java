package dev.isobar.benchmarks.cards;

import dev.isobar.benchmarks.workload.Features;
import dev.isobar.event.FieldType;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The workload as a pipeline: transactions of cards, and the fifteen features of each. */
public final class CardPipeline {
    /** The stream of transactions. */
    public static final String TRANSACTIONS = "transactions";

    /** The column that features are of. */
    public static final ExprSpec AMOUNT = new ExprSpec.Col(TRANSACTIONS, "amount_cents");

    private CardPipeline() {}

    /**
     * Features of each transaction.
     *
     * @param includingCurrent whether windows take the transaction itself in
     */
    public static PipelineSpec spec(boolean includingCurrent) {
        return new PipelineSpec(
                "cards",
                Map.of(),
                List.of(),
                List.of(transactions()),
                List.of(new ViewSpec.EntitySpec("card", Map.of(TRANSACTIONS, List.of("card")))),
                List.of(new ViewSpec("card", "card", windows(includingCurrent))),
                TRANSACTIONS,
                List.of(new ViewSpec.UseSpec("card", "card", List.of("card"))),
                null,
                null,
                null);
    }

    /** The fifteen features, in the order of {@link Features#names()}. */
    public static List<ViewSpec.FeatureSpec> windows(boolean includingCurrent) {
        List<ViewSpec.FeatureSpec> features = new ArrayList<>();
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            for (AggregateFn fn : List.of(
                    AggregateFn.COUNT, AggregateFn.SUM, AggregateFn.MEAN, AggregateFn.MAX, AggregateFn.STDDEV)) {
                features.add(new ViewSpec.FeatureSpec(
                        Features.names().get(features.size()),
                        new ExprSpec.Aggregate(
                                fn,
                                TRANSACTIONS,
                                fn == AggregateFn.COUNT ? null : AMOUNT,
                                Features.window(w),
                                includingCurrent)));
            }
        }
        return features;
    }

    /** The stream: number, card, both times, amount. */
    public static StreamSpec transactions() {
        return new StreamSpec(
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
    }

    /** A column that is not nullable and needs no conversion. */
    public static ColumnSpec column(String name, FieldType type) {
        return new ColumnSpec(name, type, false, name, null, null, null);
    }
}
