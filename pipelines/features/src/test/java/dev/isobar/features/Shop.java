package dev.isobar.features;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Two streams of a shop, keyed by card: payments (the decisions) and refunds. */
final class Shop {
    static final long SECOND = 1_000_000;
    static final long MINUTE = 60 * SECOND;
    static final long HOUR = 60 * MINUTE;

    private Shop() {}

    static ColumnSpec column(String name, FieldType type) {
        return new ColumnSpec(name, type, true, name, null, null, null);
    }

    static StreamSpec stream(String name) {
        return new StreamSpec(
                name,
                name,
                List.of(
                        column("id", FieldType.STRING),
                        column("card", FieldType.STRING),
                        column("other", FieldType.STRING),
                        column("at", FieldType.TIMESTAMP),
                        column("known", FieldType.TIMESTAMP),
                        column("amount", FieldType.INT64),
                        column("price", FieldType.FLOAT64),
                        column("good", FieldType.BOOL),
                        column("place", FieldType.STRING)),
                "id",
                List.of("card"),
                "at",
                "known",
                HOUR,
                2 * HOUR);
    }

    static PipelineSpec spec(List<ViewSpec.FeatureSpec> card, List<ViewSpec.FeatureSpec> other) {
        Map<String, List<String>> keys = Map.of("payments", List.of("card"), "refunds", List.of("card"));
        List<ViewSpec> views = new ArrayList<>();
        List<ViewSpec.UseSpec> uses = new ArrayList<>();
        views.add(new ViewSpec("card", "card", card));
        uses.add(new ViewSpec.UseSpec("card", "card", List.of("card")));
        if (!other.isEmpty()) {
            views.add(new ViewSpec("other", "card", other));
            uses.add(new ViewSpec.UseSpec("other", "other", List.of("other")));
        }
        return new PipelineSpec(
                "shop",
                Map.of(),
                List.of(),
                List.of(stream("payments"), stream("refunds")),
                List.of(new ViewSpec.EntitySpec("card", keys)),
                views,
                "payments",
                uses,
                null,
                null,
                null);
    }

    static FeaturePlan plan(ViewSpec.FeatureSpec... card) {
        return FeaturePlan.compile(spec(Arrays.asList(card), List.of()));
    }

    static ViewSpec.FeatureSpec feature(String name, ExprSpec e) {
        return new ViewSpec.FeatureSpec(name, e);
    }

    static ExprSpec over(AggregateFn fn, String stream, @Nullable String column, long window) {
        return new ExprSpec.Aggregate(fn, stream, column == null ? null : col(stream, column), window, false);
    }

    static ExprSpec col(String stream, String column) {
        return new ExprSpec.Col(stream, column);
    }

    static ExprSpec call(Fn fn, ExprSpec... args) {
        return new ExprSpec.Call(fn, List.of(args));
    }

    /** Features of every aggregation over both streams and three windows. */
    static FeaturePlan everything() {
        List<ViewSpec.FeatureSpec> features = new ArrayList<>();
        for (String stream : List.of("payments", "refunds")) {
            for (long window : new long[] {MINUTE, 10 * MINUTE, 3 * HOUR}) {
                for (AggregateFn fn : AggregateFn.values()) {
                    for (String column : List.of("amount", "price", "good", "place")) {
                        boolean fits = switch (fn) {
                            case COUNT, APPROX_DISTINCT -> true;
                            case SHARE -> column.equals("good");
                            case LAST -> !column.equals("place");
                            default -> column.equals("amount") || column.equals("price");
                        };
                        if (fits) {
                            features.add(feature(
                                    fn + "_" + stream + "_" + column + "_" + window, over(fn, stream, column, window)));
                        }
                    }
                }
                features.add(feature("n_" + stream + "_" + window, over(AggregateFn.COUNT, stream, null, window)));
            }
        }
        features.add(feature(
                "with", new ExprSpec.Aggregate(AggregateFn.SUM, "payments", col("payments", "price"), 3 * HOUR, true)));
        return FeaturePlan.compile(spec(
                features, List.of(feature("sum", over(AggregateFn.SUM, "refunds", "price", 3 * HOUR)))));
    }

    static Row row(FeaturePlan plan, @Nullable String card, @Nullable Long amount, @Nullable Double price) {
        Row r = new Row(plan.decisionSchema());
        if (card != null) {
            r.setText(r.schema().require("card"), card);
        }
        if (amount != null) {
            r.setWord(r.schema().require("amount"), amount);
        }
        if (price != null) {
            r.setFloat64(r.schema().require("price"), price);
        }
        return r;
    }
}
