package dev.isobar.pipeline;

import static dev.isobar.pipeline.Dsl.acceptUntil;
import static dev.isobar.pipeline.Dsl.alert;
import static dev.isobar.pipeline.Dsl.auc;
import static dev.isobar.pipeline.Dsl.bake;
import static dev.isobar.pipeline.Dsl.between;
import static dev.isobar.pipeline.Dsl.count;
import static dev.isobar.pipeline.Dsl.days;
import static dev.isobar.pipeline.Dsl.hours;
import static dev.isobar.pipeline.Dsl.mean;
import static dev.isobar.pipeline.Dsl.millis;
import static dev.isobar.pipeline.Dsl.minuteOfDay;
import static dev.isobar.pipeline.Dsl.minutes;
import static dev.isobar.pipeline.Dsl.notWorseThanChampion;
import static dev.isobar.pipeline.Dsl.outOf;
import static dev.isobar.pipeline.Dsl.p99;
import static dev.isobar.pipeline.Dsl.percent;
import static dev.isobar.pipeline.Dsl.psi;
import static dev.isobar.pipeline.Dsl.retrain;
import static dev.isobar.pipeline.Dsl.share;
import static dev.isobar.pipeline.Dsl.trainUntil;
import static dev.isobar.pipeline.Dsl.xgboost;
import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.spec.ViewSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The language")
class LanguageTest {
    // The example of the design, plus what it leaves to "…": ids, keys and clocks.
    static final Source file = Source.csv("flights");
    static final Stream departures = Stream.named("departures").from(file);
    static final Column<String> origin = departures.string("origin").key();
    static final Column<Instant> departure = departures.timestamp("event_time").eventTime();
    static final Column<LocalDateTime> localTime = departures.localTimestamp("local_time");
    static final Column<Integer> distance = departures.int32("distance_mi");
    static final NumberColumn<Long> flight = departures.int64("event_id").id();
    static final Stream landings = Stream.named("landings").from(file);
    static final Column<Integer> delay =
            landings.int32("arr_delay_min").expect(between(-120, 2_000)).elseDeadLetter();
    static final NumberColumn<Long> landed = landings.int64("event_id").id();
    static final Column<String> cameFrom = landings.string("origin").key();
    static final Column<Instant> touchDown =
            landings.timestamp("touch_down").eventTime().availableTime();
    static final Entity airportCode = Entity.named("airport").keyedBy(origin, cameFrom);

    private static PipelineSpec flightDelays(double psi) {
        var airport = FeatureView.named("airport")
                .entity(airportCode)
                .feature("late_share", share(delay.greaterThan(15)).over(hours(1), hours(3), hours(24)))
                .feature("mean_delay", mean(delay).over(hours(1), hours(3), hours(24)))
                .feature("departures", count(departures).over(minutes(30), hours(3)));
        var schedule = FeatureView.named("schedule")
                .onDemand()
                .feature("distance", distance)
                .feature("minute_of_day", minuteOfDay(localTime));
        return Pipeline.named("flight-delays")
                .ingest(departures, landings)
                .features(airport, schedule)
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
                        .drift(psi().above(psi))
                        .quality()
                        .performance(auc().below(0.70))
                        .onBreach(retrain().when(2, outOf(3)).cooldown(days(2)), alert()))
                .build()
                .spec();
    }

    @Test
    void readsAsTheDesignSays() {
        PipelineSpec spec = flightDelays(0.2);
        assertThat(spec.decisions()).isEqualTo("departures");
        assertThat(spec.view("airport").features())
                .extracting(ViewSpec.FeatureSpec::name)
                .containsExactly(
                        "late_share_1h",
                        "late_share_3h",
                        "late_share_24h",
                        "mean_delay_1h",
                        "mean_delay_3h",
                        "mean_delay_24h",
                        "departures_30m",
                        "departures_3h");
        assertThat(spec.features())
                .extracting(ViewSpec.UseSpec::key)
                .containsExactly(java.util.List.of("origin"), java.util.List.of());
    }

    @Test
    void buildsTheSameVersionEachTime() {
        assertThat(SpecJson.version(flightDelays(0.2))).isEqualTo(SpecJson.version(flightDelays(0.2)));
        assertThat(SpecJson.read(SpecJson.write(flightDelays(0.2)))).isEqualTo(flightDelays(0.2));
    }

    @Test
    void aChangedAlertThresholdDoesNotReKeyFeaturesStreamsOrEndpoint() {
        PipelineSpec before = flightDelays(0.2);
        PipelineSpec after = flightDelays(0.25);
        assertThat(SpecJson.version(after)).isNotEqualTo(SpecJson.version(before));
        assertThat(SpecJson.hash(after.monitor())).isNotEqualTo(SpecJson.hash(before.monitor()));
        assertThat(SpecJson.hash(after.streams())).isEqualTo(SpecJson.hash(before.streams()));
        assertThat(SpecJson.hash(after.views())).isEqualTo(SpecJson.hash(before.views()));
        assertThat(SpecJson.hash(after.features())).isEqualTo(SpecJson.hash(before.features()));
        assertThat(SpecJson.hash(after.entities())).isEqualTo(SpecJson.hash(before.entities()));
        assertThat(SpecJson.hash(after.training())).isEqualTo(SpecJson.hash(before.training()));
        assertThat(SpecJson.hash(after.deploy())).isEqualTo(SpecJson.hash(before.deploy()));
    }

    @Test
    void aWindowNamesItsFeatureByTheLargestUnitThatDividesIt() {
        assertThat(count(departures).over(days(7)).suffix()).isEqualTo("7d");
        assertThat(count(departures).over(hours(24)).suffix()).isEqualTo("24h");
        assertThat(count(departures).over(minutes(90)).suffix()).isEqualTo("90m");
        assertThat(count(departures).over(Duration.ofSeconds(90)).suffix()).isEqualTo("90s");
        assertThat(count(departures).over(Duration.ofNanos(1_000)).suffix()).isEqualTo("1us");
    }

    @Test
    void lengthsBeyondAllClocksAreTheLongestThereIs() {
        assertThat(Dsl.micros(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
        assertThat(Dsl.micros(Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo(Long.MIN_VALUE);
        assertThat(Dsl.micros(Duration.ofNanos(1_999))).isEqualTo(1);
    }
}
