package dev.isobar.example.flightdelays;

import static dev.isobar.pipeline.Dsl.acceptUntil;
import static dev.isobar.pipeline.Dsl.alert;
import static dev.isobar.pipeline.Dsl.auc;
import static dev.isobar.pipeline.Dsl.bake;
import static dev.isobar.pipeline.Dsl.between;
import static dev.isobar.pipeline.Dsl.count;
import static dev.isobar.pipeline.Dsl.days;
import static dev.isobar.pipeline.Dsl.hours;
import static dev.isobar.pipeline.Dsl.lit;
import static dev.isobar.pipeline.Dsl.mean;
import static dev.isobar.pipeline.Dsl.millis;
import static dev.isobar.pipeline.Dsl.minuteOfDay;
import static dev.isobar.pipeline.Dsl.minutes;
import static dev.isobar.pipeline.Dsl.notWorseThanChampion;
import static dev.isobar.pipeline.Dsl.outOf;
import static dev.isobar.pipeline.Dsl.p99;
import static dev.isobar.pipeline.Dsl.percent;
import static dev.isobar.pipeline.Dsl.plusMinutes;
import static dev.isobar.pipeline.Dsl.psi;
import static dev.isobar.pipeline.Dsl.retrain;
import static dev.isobar.pipeline.Dsl.trainUntil;
import static dev.isobar.pipeline.Dsl.xgboost;

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

/** At departure, will this flight land more than fifteen minutes late? Real flights of five American airports, January to May 2001. */
public final class FlightDelays implements PipelineDefinition {
    static final Source flights = Source.csv("flights"); // the target binds its path: sources.flights.path

    static final Stream departures = Stream.named("departures").from(flights);
    static final NumberColumn<Long> flight = departures.int64("event_id").id();
    static final Column<Instant> departure =
            departures.timestamp("event_time").eventTime().availableTime();
    static final Column<LocalDateTime> localTime = departures.localTimestamp("local_time");
    static final Column<String> origin = departures.string("origin").key();
    static final Column<String> destination = departures.string("destination");
    static final NumberColumn<Integer> distance = departures.int32("distance_mi");

    // docs:landings
    static final Stream landings = Stream.named("landings").from(flights);
    static final NumberColumn<Long> landed = landings.int64("event_id").id();
    static final Column<Instant> tookOff = landings.timestamp("departure").from("event_time");
    static final Column<String> cameFrom = landings.string("origin").key();
    static final Column<String> wentTo = landings.string("destination");
    static final NumberColumn<Integer> flown = landings.int32("distance_mi");
    // The file has no landing time: half an hour on the ground and in the pattern, and eight miles a minute.
    static final Column<Instant> touchDown = landings.timestamp("touch_down")
            .computed(plusMinutes(tookOff, lit(30).plus(flown.div(8))))
            .eventTime()
            .availableTime();
    static final Column<Integer> delay =
            landings.int32("arr_delay_min").expect(between(-120, 2_000)).elseDeadLetter();
    // docs:end

    static final Entity originAirport = Entity.named("origin").keyedBy(origin, cameFrom);
    // Most destinations are no origin in this file: only the flights that landed there tell how it goes there.
    static final Entity destinationAirport = Entity.named("destination").keyedBy(destination, wentTo);

    // docs:pipeline
    @Override
    public Pipeline pipeline() {
        // The share of late flights beside the mean delay adds columns and nothing to the AUC of the acceptance weeks.
        var outbound = FeatureView.named("origin")
                .entity(originAirport)
                .feature("mean_delay", mean(delay).over(hours(1), hours(3), hours(24)))
                .feature("landings", count(landings).over(hours(1), hours(3)))
                .feature("departures", count(departures).over(minutes(30), hours(3)));
        // The day's count tells a hub from a small field, without its name.
        var inbound = FeatureView.named("destination")
                .entity(destinationAirport)
                .feature("mean_delay", mean(delay).over(hours(1), hours(3), hours(24)))
                .feature("landings", count(landings).over(hours(3), hours(24)));
        var schedule = FeatureView.named("schedule")
                .onDemand()
                .feature("distance", distance)
                .feature("minute_of_day", minuteOfDay(localTime));

        return Pipeline.named("flight-delays")
                .ingest(departures, landings)
                .features(outbound, inbound, schedule)
                .train(Training.classifier("late")
                        .label(delay.greaterThan(15))
                        .joinedOn(flight)
                        .algorithm(xgboost().rounds(200).maxDepth(6).learningRate(0.1))
                        .split(trainUntil("2001-02-15T00:00Z"), acceptUntil("2001-03-01T00:00Z"))
                        .accept(auc().atLeast(0.72), notWorseThanChampion(0.002)))
                .deploy(Endpoint.named("flight-delays")
                        .canary(percent(10), bake(minutes(5)))
                        .replicas(1, 4)
                        .scaleOutWhen(p99().above(millis(100))))
                .monitor(Monitor.every(days(1))
                        .drift(psi().above(0.2))
                        .quality()
                        .performance(auc().below(0.70))
                        .onBreach(retrain().when(2, outOf(3)).cooldown(days(2)), alert()))
                .build();
    }
    // docs:end

    @Override
    public String description() {
        return "At departure: will this flight land more than 15 minutes late? (BTS flights, 5 airports, Jan-May 2001)";
    }
}
