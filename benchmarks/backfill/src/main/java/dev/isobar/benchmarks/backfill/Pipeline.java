package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.event.FieldType;
import dev.isobar.features.FeaturePlan;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.List;
import java.util.Map;

/** The pipelines whose training sets are made. */
final class Pipeline {
    static final String LABELS = "labels";

    /** Longer than the whole history: the last amount, however long ago. */
    private static final long EVER = 30 * 86_400 * Features.SECOND;

    private Pipeline() {}

    /** The last amount before the label. */
    static FeaturePlan last() {
        return plan(List.of(new ViewSpec.FeatureSpec(
                "last_amount",
                new ExprSpec.Aggregate(
                        AggregateFn.LAST, CardPipeline.TRANSACTIONS, CardPipeline.AMOUNT, EVER, false))));
    }

    /** The fifteen features of the workload. */
    static FeaturePlan windows() {
        return plan(CardPipeline.windows(false));
    }

    private static FeaturePlan plan(List<ViewSpec.FeatureSpec> features) {
        StreamSpec labels = new StreamSpec(
                LABELS,
                LABELS,
                List.of(
                        CardPipeline.column("label_id", FieldType.INT64),
                        CardPipeline.column("card", FieldType.INT64),
                        CardPipeline.column("time", FieldType.TIMESTAMP),
                        CardPipeline.column("label", FieldType.INT32)),
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
                List.of(labels, CardPipeline.transactions()),
                List.of(new ViewSpec.EntitySpec(
                        "card", Map.of(LABELS, List.of("card"), CardPipeline.TRANSACTIONS, List.of("card")))),
                List.of(new ViewSpec("card", "card", features)),
                LABELS,
                List.of(new ViewSpec.UseSpec("card", "card", List.of("card"))),
                null,
                null,
                null));
    }
}
