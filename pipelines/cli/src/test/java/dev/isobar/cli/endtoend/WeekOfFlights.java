package dev.isobar.cli.endtoend;

import static dev.isobar.pipeline.Dsl.acceptUntil;
import static dev.isobar.pipeline.Dsl.auc;
import static dev.isobar.pipeline.Dsl.bake;
import static dev.isobar.pipeline.Dsl.between;
import static dev.isobar.pipeline.Dsl.count;
import static dev.isobar.pipeline.Dsl.days;
import static dev.isobar.pipeline.Dsl.hours;
import static dev.isobar.pipeline.Dsl.lit;
import static dev.isobar.pipeline.Dsl.mean;
import static dev.isobar.pipeline.Dsl.minuteOfDay;
import static dev.isobar.pipeline.Dsl.notWorseThanChampion;
import static dev.isobar.pipeline.Dsl.percent;
import static dev.isobar.pipeline.Dsl.plusMinutes;
import static dev.isobar.pipeline.Dsl.psi;
import static dev.isobar.pipeline.Dsl.share;
import static dev.isobar.pipeline.Dsl.trainUntil;
import static dev.isobar.pipeline.Dsl.xgboost;

import dev.isobar.pipeline.Column;
import dev.isobar.pipeline.Endpoint;
import dev.isobar.pipeline.Entity;
import dev.isobar.pipeline.FeatureView;
import dev.isobar.pipeline.Monitor;
import dev.isobar.pipeline.NumberColumn;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.pipeline.Source;
import dev.isobar.pipeline.Stream;
import dev.isobar.pipeline.Training;
import java.time.Instant;
import java.time.LocalDateTime;

/** The flight-delay example in small: its cuts lie in the first week of January 2001, and its trees are few. */
final class WeekOfFlights {
    private static final Source flights = Source.csv("flights");

    private static final Stream departures = Stream.named("departures").from(flights);
    private static final NumberColumn<Long> flight =
            departures.int64("event_id").id();
    private static final Column<Instant> departure =
            departures.timestamp("event_time").eventTime().availableTime();
    private static final Column<LocalDateTime> localTime = departures.localTimestamp("local_time");
    private static final Column<String> origin = departures.string("origin").key();
    private static final Column<String> destination = departures.string("destination");
    private static final NumberColumn<Integer> distance = departures.int32("distance_mi");

    private static final Stream landings = Stream.named("landings").from(flights);
    private static final NumberColumn<Long> landed = landings.int64("event_id").id();
    private static final Column<Instant> tookOff =
            landings.timestamp("departure").from("event_time");
    private static final Column<String> cameFrom = landings.string("origin").key();
    private static final NumberColumn<Integer> flown = landings.int32("distance_mi");
    private static final Column<Instant> touchDown = landings.timestamp("touch_down")
            .computed(plusMinutes(tookOff, lit(30).plus(flown.div(8))))
            .eventTime()
            .availableTime();
    private static final Column<Integer> delay =
            landings.int32("arr_delay_min").expect(between(-120, 2_000)).elseDeadLetter();

    private WeekOfFlights() {}

    /** The pipeline with that many trees; another number makes another model. */
    static Pipeline withRounds(int rounds) {
        FeatureView airport = FeatureView.named("airport")
                .entity(Entity.named("airport").keyedBy(origin, cameFrom))
                .feature("late_share", share(delay.greaterThan(15)).over(hours(1), hours(24)))
                .feature("mean_delay", mean(delay).over(hours(3)))
                .feature("departures", count(departures).over(hours(3)));
        FeatureView schedule = FeatureView.named("schedule")
                .onDemand()
                .feature("distance", distance)
                .feature("minute_of_day", minuteOfDay(localTime));
        return Pipeline.named("week-of-flights")
                .ingest(departures, landings)
                .features(airport, airport.of(destination).as("destination"), schedule)
                .train(Training.classifier("late")
                        .label(delay.greaterThan(15))
                        .joinedOn(flight)
                        .algorithm(xgboost().rounds(rounds).maxDepth(3).learningRate(0.3))
                        .split(trainUntil("2001-01-05T00:00Z"), acceptUntil("2001-01-07T00:00Z"))
                        .accept(auc().atLeast(0.5), notWorseThanChampion(0.5)))
                .deploy(Endpoint.named("week-of-flights")
                        .canary(percent(10), bake(hours(7)))
                        .replicas(1, 1))
                .monitor(
                        Monitor.every(days(1)).drift(psi().above(0.2)).quality().performance(auc().below(0.5)))
                .build();
    }
}
