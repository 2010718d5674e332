package dev.isobar.cli;

import static dev.isobar.pipeline.Dsl.*;

import dev.isobar.event.FieldType;
import dev.isobar.pipeline.Column;
import dev.isobar.pipeline.Endpoint;
import dev.isobar.pipeline.Entity;
import dev.isobar.pipeline.FeatureView;
import dev.isobar.pipeline.Monitor;
import dev.isobar.pipeline.NumberColumn;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.pipeline.PipelineDefinition;
import dev.isobar.pipeline.Source;
import dev.isobar.pipeline.Stream;
import dev.isobar.pipeline.Training;
import java.time.Instant;

/** A pipeline with many mistakes, which docs/pipeline-dsl.md shows with what {@code build()} says to it. */
final class BrokenPipeline implements PipelineDefinition {
    // docs:broken
    static final Source shop = Source.csv("shop");

    static final Stream orders = Stream.named("orders").from(shop);
    static final NumberColumn<Long> order = orders.int64("order_id").id();
    static final Column<String> customer = orders.string("customer").key();
    static final Column<Instant> orderedAt =
            orders.timestamp("ordered_at").eventTime().availableTime();
    static final NumberColumn<Double> amount = orders.float64("amount");

    static final Stream returns = Stream.named("returns").from(shop);
    static final NumberColumn<Long> returnedOrder = returns.int64("order_id").id();
    static final Column<String> returnedBy = returns.string("customer").key();
    static final Column<Boolean> damaged = returns.bool("damaged");

    @Override
    public Pipeline pipeline() {
        var habits = FeatureView.named("habits")
                .entity(Entity.named("customer").keyedBy(customer))
                .feature("spent", sum(amount).over(days(0)))
                .feature("returns", count(returns).over(days(30)))
                .feature("known", orders.column("custmer", FieldType.STRING).isNull());
        return Pipeline.named("returns")
                .ingest(orders, returns)
                .features(habits)
                .train(Training.classifier("damaged")
                        .label(damaged.equalTo(true))
                        .joinedOn(amount)
                        .algorithm(xgboost().maxDepth(99))
                        .split(trainUntil("2026-03-01T00:00Z"), acceptUntil("2026-02-01T00:00Z")))
                .deploy(Endpoint.named("returns").replicas(0, 2))
                .monitor(Monitor.every(days(1))
                        .onBreach(retrain().when(4, outOf(3)).cooldown(days(2))))
                .build();
    }
    // docs:end
}
