package dev.isobar.cli;

import static dev.isobar.pipeline.Dsl.*;

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
import java.time.LocalDateTime;

/** The example of docs/pipeline-dsl.md: every word of the language once. {@link DocumentationTest} compares the two and builds it. */
final class Payments implements PipelineDefinition {
    // docs:streams
    static final Source ledger = Source.csv("ledger");

    static final Stream payments = Stream.named("payments")
            .from(ledger)
            .allowedLateness(minutes(10)) // known more than ten minutes after it happened: late
            .dedupHorizon(days(2)); // copies up to two days apart are recognised
    static final NumberColumn<Long> payment = payments.int64("payment_id").id();
    static final Column<String> card = payments.string("card").key().sensitivity("personal");
    static final Column<Instant> paidAt = payments.timestamp("paid_at").eventTime();
    static final Column<Instant> receivedAt = payments.timestamp("received_at").availableTime();
    static final NumberColumn<Double> amount = payments.float64("amount");
    static final NumberColumn<Double> tip = payments.float64("tip").nullable();
    static final Column<Integer> items =
            payments.int32("items").expect(between(1, 500)).elseDeadLetter();
    static final Column<Boolean> online = payments.bool("online");
    static final Column<String> shop = payments.string("shop").from("merchant_id");
    static final Column<LocalDateTime> shopTime =
            payments.localTimestamp("shop_time").computed(atZone(paidAt, "Europe/Vienna"));

    static final Stream settlements = Stream.named("settlements").from(ledger);
    static final NumberColumn<Long> settled = settlements.int64("payment_id").id();
    static final Column<String> settledCard = settlements.string("card").key();
    static final Column<Instant> settledAt =
            settlements.timestamp("settled_at").eventTime().availableTime();
    static final Column<Boolean> disputed = settlements.bool("disputed");
    // docs:end

    @Override
    public Pipeline pipeline() {
        // docs:views
        var cardholder = Entity.named("cardholder").keyedBy(card, settledCard);

        var habits = FeatureView.named("habits")
                .entity(cardholder)
                .feature("payments", count(payments).over(minutes(5), hours(1), days(7)))
                .feature("spent", sum(amount).includingCurrent().over(hours(24)))
                .feature("usual", mean(amount).over(days(30)))
                .feature("spread", stddev(amount).over(days(30)))
                .feature("smallest", min(amount).over(hours(1)))
                .feature("largest", max(amount).over(days(30)))
                .feature("last_amount", last(amount).over(days(30)))
                .feature("shops", approxDistinct(shop).over(hours(24)))
                .feature("online_share", share(online).over(days(7)))
                .feature("disputed_share", share(disputed).over(days(30)));
        var request = FeatureView.named("request")
                .onDemand()
                .feature("amount", amount)
                .feature("per_item", amount.dividedBy(items))
                .feature("with_tip", amount.plus(tip).orElse(0.0))
                .feature("against_usual", amount.dividedBy(habits.value("usual_30d")))
                .feature(
                        "night",
                        or(hourOfDay(shopTime).lessThan(6), hourOfDay(shopTime).atLeast(23)))
                .feature("minute_of_day", minuteOfDay(shopTime))
                .feature("weekday", dayOfWeek(shopTime))
                .feature("capped", when(amount.greaterThan(1_000.0), lit(1_000.0), amount))
                .feature("generous_online", and(online, not(tip.times(10.0).lessThan(amount))));
        // docs:end

        // docs:steps
        return Pipeline.named("card-payments")
                .owner("risk team")
                .ingest(payments, settlements)
                .features(habits, request)
                .train(Training.classifier("disputed")
                        .label(disputed.equalTo(true))
                        .joinedOn(payment)
                        .algorithm(xgboost()
                                .rounds(150)
                                .maxDepth(5)
                                .learningRate(0.1)
                                .subsample(0.8)
                                .seed(7))
                        .split(trainUntil("2026-03-01T00:00Z"), acceptUntil("2026-03-15T00:00Z"))
                        .accept(auc().atLeast(0.8), logLoss().atMost(0.2), notWorseThanChampion(0.002)))
                .deploy(Endpoint.named("card-payments")
                        .canary(percent(10), bake(minutes(30)))
                        .replicas(1, 4)
                        .scaleOutWhen(p99().above(millis(100))))
                .monitor(Monitor.every(days(1))
                        .drift(psi().above(0.2).significance(0.001))
                        .quality()
                        .performance(auc().below(0.75))
                        .onBreach(retrain().when(2, outOf(3)).cooldown(days(2)), alert()))
                .build();
        // docs:end
    }

    @Override
    public String description() {
        return "Will this payment be disputed?";
    }
}
