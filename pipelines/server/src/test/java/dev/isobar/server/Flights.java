package dev.isobar.server;

import static dev.isobar.pipeline.Dsl.atZone;
import static dev.isobar.pipeline.Dsl.count;
import static dev.isobar.pipeline.Dsl.hours;
import static dev.isobar.pipeline.Dsl.lit;
import static dev.isobar.pipeline.Dsl.mean;
import static dev.isobar.pipeline.Dsl.minuteOfDay;
import static dev.isobar.pipeline.Dsl.minutes;
import static dev.isobar.pipeline.Dsl.plusMinutes;
import static dev.isobar.pipeline.Dsl.share;

import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.Retention;
import dev.isobar.pipeline.Column;
import dev.isobar.pipeline.Entity;
import dev.isobar.pipeline.FeatureView;
import dev.isobar.pipeline.NumberColumn;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.pipeline.Source;
import dev.isobar.pipeline.Stream;
import dev.isobar.port.OnlineStore.StatePut;
import dev.isobar.port.Precondition;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.SpecJson;
import dev.isobar.workload.ServingDescriptor;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A day of made-up flights between three airports, a model of stumps, and what a runtime would have put in place to serve it. */
final class Flights {
    static final long MINUTE = 60_000_000L;
    static final long DAY_BEGINS = RowText.micros(Instant.parse("2001-03-01T00:00:00Z"));
    static final long SEED = 20010301;
    static final String NAMESPACE = "flight-delays.states";
    static final String PREDICTIONS = "flight-delays.predictions";
    static final String DESCRIPTOR = "deployments/flight-delays/descriptor.json";
    static final String MODEL = "models/flight-delays/3/model.json";
    static final String SPEC = "specs/flight-delays.json";

    static final PipelineSpec PIPELINE = pipeline();
    static final FeaturePlan PLAN = FeaturePlan.compile(PIPELINE);
    private static final String[] AIRPORTS = {"ORD", "ATL", "LAX"};

    final FeatureKernel kernel = new FeatureKernel(PLAN, Retention.ofMicros(0));
    final MemoryAdapter platform;
    private final Map<String, Long> versions = new HashMap<>();
    private long token;

    Flights(MemoryAdapter platform) {
        this.platform = platform;
    }

    private static PipelineSpec pipeline() {
        Source flights = Source.csv("flights");
        Stream departures = Stream.named("departures").from(flights);
        departures.int64("event_id").id();
        Column<Instant> departure =
                departures.timestamp("event_time").eventTime().availableTime();
        Column<LocalDateTime> localTime = departures.localTimestamp("local_time");
        Column<String> origin = departures.string("origin").key();
        Column<String> destination = departures.string("destination");
        NumberColumn<Integer> distance = departures.int32("distance_mi");
        Column<Instant> due =
                departures.timestamp("due").computed(plusMinutes(departure, lit(30).plus(distance.div(8))));

        Stream landings = Stream.named("landings").from(flights);
        landings.int64("event_id").id();
        landings.timestamp("touch_down").eventTime().availableTime();
        Column<String> cameFrom = landings.string("origin").key();
        NumberColumn<Integer> delay = landings.int32("arr_delay_min");

        Entity airport = Entity.named("airport").keyedBy(origin, cameFrom);
        FeatureView view = FeatureView.named("airport")
                .entity(airport)
                .feature("late_share", share(delay.greaterThan(15)).over(hours(1), hours(3)))
                .feature("mean_delay", mean(delay).over(hours(3)))
                .feature("departures", count(departures).over(minutes(30)));
        FeatureView schedule = FeatureView.named("schedule")
                .onDemand()
                .feature("distance", distance)
                .feature("due_minute", minuteOfDay(atZone(due, "America/Chicago")))
                .feature("minute_of_day", minuteOfDay(localTime));
        return Pipeline.named("flight-delays")
                .ingest(departures, landings)
                .decideOn(departures)
                .features(view, view.of(destination).as("destination"), schedule)
                .build()
                .spec();
    }

    /** The environment of a server for what {@link #deploy} put in place. */
    Map<String, String> environment() {
        return new HashMap<>(Map.of(
                "ISOBAR_BIND",
                "127.0.0.1",
                "AIP_HTTP_PORT",
                "0",
                "ISOBAR_DESCRIPTOR",
                DESCRIPTOR,
                "ISOBAR_DESCRIPTOR_DIGEST",
                ServingDescriptor.digest(descriptor().toJson())));
    }

    static ServingDescriptor descriptor() {
        return new ServingDescriptor(
                "flight-delays",
                "flight-delays-v3",
                "run-1",
                SPEC,
                SpecJson.version(PIPELINE),
                MODEL,
                ServingDescriptor.digest(model()),
                3,
                NAMESPACE,
                PREDICTIONS);
    }

    /** Twelve hours of events, their states, and the files. */
    void deploy() {
        Random random = new Random(SEED);
        System.out.println("seed " + SEED);
        for (int minute = 0; minute < 12 * 60; minute += 3) {
            String origin = AIRPORTS[random.nextInt(AIRPORTS.length)];
            depart(minute, origin, minute * MINUTE + DAY_BEGINS);
            land(minute, origin, minute * MINUTE + DAY_BEGINS, random.nextInt(60) - 20);
        }
        known(DAY_BEGINS + 12 * 60 * MINUTE);
        platform.lake.put(SPEC, SpecJson.write(PIPELINE).getBytes(StandardCharsets.UTF_8), Precondition.none());
        platform.lake.put(MODEL, model(), Precondition.none());
        platform.lake.put(DESCRIPTOR, descriptor().toJson(), Precondition.none());
        token = platform.states.acquire(NAMESPACE, "test");
        publish();
    }

    void depart(long id, String origin, long at) {
        Row row = new Row(PLAN.streamSchema(PLAN.stream("departures")));
        row.setWord(row.schema().require("event_id"), id);
        row.setWord(row.schema().require("event_time"), at);
        row.setWord(row.schema().require("local_time"), at - 360 * MINUTE);
        row.setText(row.schema().require("origin"), origin);
        row.setText(row.schema().require("destination"), "ATL");
        row.setWord(row.schema().require("distance_mi"), 600);
        row.setWord(row.schema().require("due"), at + 105 * MINUTE);
        kernel.accept(PLAN.stream("departures"), Long.toString(id), origin, at, at, row);
    }

    void land(long id, String origin, long at, int delay) {
        Row row = new Row(PLAN.streamSchema(PLAN.stream("landings")));
        row.setWord(row.schema().require("event_id"), id);
        row.setWord(row.schema().require("touch_down"), at);
        row.setText(row.schema().require("origin"), origin);
        row.setWord(row.schema().require("arr_delay_min"), delay);
        kernel.accept(PLAN.stream("landings"), Long.toString(id), origin, at, at, row);
    }

    /** Nothing becomes available before this any more. */
    void known(long frontier) {
        for (int s = 0; s < PLAN.streams().size(); s++) {
            kernel.advance(s, frontier);
        }
    }

    /** Writes what changed to the online store. */
    void publish() {
        List<StatePut> puts = new ArrayList<>();
        for (String key : kernel.drainDirtyKeys()) {
            puts.add(put(ServingDescriptor.stateKey(key), kernel.snapshot(key)));
        }
        puts.add(put(ServingDescriptor.PARTITION_KEY, kernel.partitionState()));
        List<Long> now = platform.states.putAll(NAMESPACE, token, puts);
        for (int i = 0; i < puts.size(); i++) {
            versions.put(puts.get(i).key(), now.get(i));
        }
    }

    private StatePut put(String key, byte[] state) {
        return new StatePut(key, versions.getOrDefault(key, 0L), state);
    }

    /** What the kernel itself says of a decision. */
    FeatureVector expected(Row decision, long t, long k) {
        FeatureVector vector = new FeatureVector(PLAN);
        kernel.evaluate(decision, null, t, k, vector);
        return vector;
    }

    /** A logistic model with a stump for each column, whose thresholds lie among the values. */
    static byte[] model() {
        StringBuilder trees = new StringBuilder();
        StringBuilder groups = new StringBuilder();
        StringBuilder names = new StringBuilder();
        double[] thresholds = {0.3, 0.4, 5, 3, 0.35, 0.45, 6, 2, 500, 700, 600};
        for (int f = 0; f < PLAN.size(); f++) {
            String comma = f == 0 ? "" : ",";
            names.append(comma).append('"').append(PLAN.columns().get(f).name()).append('"');
            groups.append(comma).append('0');
            trees.append(comma)
                    .append("{\"default_left\":[" + f % 2 + ",0,0],\"left_children\":[1,-1,-1],")
                    .append("\"right_children\":[2,-1,-1],\"split_conditions\":[")
                    .append(thresholds[f])
                    .append(",")
                    .append(-0.1 * (f + 1))
                    .append(",")
                    .append(0.07 * (f + 1))
                    .append("],\"split_indices\":[" + f + ",0,0],\"split_type\":[0,0,0],")
                    .append("\"tree_param\":{\"num_nodes\":\"3\",\"size_leaf_vector\":\"1\"}}");
        }
        return ("{\"learner\":{\"feature_names\":[" + names + "],\"gradient_booster\":{\"model\":{\"tree_info\":["
                        + groups + "],\"trees\":[" + trees + "]},\"name\":\"gbtree\"},"
                        + "\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\",\"num_feature\":\""
                        + PLAN.size() + "\",\"num_target\":\"1\"},\"objective\":{\"name\":\"binary:logistic\"}},"
                        + "\"version\":[3,0,4]}")
                .getBytes(StandardCharsets.UTF_8);
    }
}
