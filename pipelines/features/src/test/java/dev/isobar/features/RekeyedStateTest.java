package dev.isobar.features;

import static dev.isobar.pipeline.Dsl.count;
import static dev.isobar.pipeline.Dsl.hours;
import static dev.isobar.pipeline.Dsl.mean;
import static dev.isobar.pipeline.Dsl.stddev;
import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.event.Row;
import dev.isobar.pipeline.Column;
import dev.isobar.pipeline.Entity;
import dev.isobar.pipeline.FeatureView;
import dev.isobar.pipeline.NumberColumn;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.pipeline.Source;
import dev.isobar.pipeline.Stream;
import dev.isobar.spec.PipelineSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A stream that an entity keeps by another column than its key")
class RekeyedStateTest {
    private static final long HOUR = 3_600_000_000L;

    private record Trip(long id, String from, @Nullable String to, long time, double fare) {}

    @Test
    @DisplayName("gives the values of a stream of its own with that key, through snapshots too")
    void equalsAStreamOfItsOwn() {
        long seed = 77;
        System.out.println("seed " + seed);
        List<Trip> trips = trips(new Random(seed), 3_000);
        FeaturePlan rekeyed = FeaturePlan.compile(oneStream());
        FeaturePlan separate = FeaturePlan.compile(twoStreams());
        assertThat(rekeyed.streams()).containsExactly("trips@goal");
        assertThat(separate.streams()).containsExactly("arrivals");
        FeatureKernel one = feed(rekeyed, "trips", trips);
        FeatureKernel two = feed(separate, "arrivals", trips);
        FeatureKernel restored = new FeatureKernel(rekeyed, Retention.unbounded());
        restored.restorePartition(one.partitionState());
        for (String key : one.drainDirtyKeys()) {
            restored.restore(key, one.snapshot(key));
        }
        FeatureVector a = new FeatureVector(rekeyed);
        FeatureVector b = new FeatureVector(separate);
        FeatureVector c = new FeatureVector(rekeyed);
        int filled = 0;
        for (Trip t : trips) {
            one.evaluate(row(rekeyed.decisionSchema(), t), Long.toString(t.id()), t.time(), t.time(), a);
            two.evaluate(row(separate.decisionSchema(), t), Long.toString(t.id()), t.time(), t.time(), b);
            restored.evaluate(row(rekeyed.decisionSchema(), t), Long.toString(t.id()), t.time(), t.time(), c);
            for (int i = 0; i < a.size(); i++) {
                assertThat(a.isNull(i)).isEqualTo(b.isNull(i)).isEqualTo(c.isNull(i));
                assertThat(a.bits(i)).isEqualTo(b.bits(i)).isEqualTo(c.bits(i));
                filled += a.isNull(i) ? 0 : 1;
            }
        }
        assertThat(filled).isGreaterThan(trips.size());
    }

    private static FeatureKernel feed(FeaturePlan plan, String stream, List<Trip> trips) {
        FeatureKernel kernel = new FeatureKernel(plan, Retention.unbounded());
        for (Trip t : trips) {
            for (int state : plan.statesOf(stream)) {
                Row row = row(plan.streamSchema(state), t);
                String key = plan.key(state, row);
                assertThat(key).isEqualTo(t.to());
                if (key != null) {
                    kernel.accept(state, Long.toString(t.id()), key, t.time(), t.time(), row);
                }
            }
        }
        return kernel;
    }

    private static List<Trip> trips(Random random, int n) {
        List<Trip> trips = new ArrayList<>();
        long time = 0;
        for (int i = 0; i < n; i++) {
            time += random.nextInt(4) * HOUR / 16;
            String to = random.nextInt(20) == 0 ? null : "p" + random.nextInt(6);
            trips.add(new Trip(i, "p" + random.nextInt(6), to, time, random.nextGaussian() * 40));
        }
        return trips;
    }

    private static Row row(dev.isobar.event.Schema schema, Trip t) {
        Row row = new Row(schema);
        row.setWord(schema.require("id"), t.id()).setWord(schema.require("at"), t.time());
        row.setText(schema.require("start"), t.from());
        if (t.to() != null) {
            row.setText(schema.require("goal"), t.to());
        }
        return row.setFloat64(schema.require("fare"), t.fare());
    }

    private static PipelineSpec oneStream() {
        Trips trips = new Trips("trips", false);
        Entity goal = Entity.named("place").keyedBy(trips.goal);
        return pipeline(trips, view(goal, trips.stream, trips.fare)).spec();
    }

    private static PipelineSpec twoStreams() {
        Trips trips = new Trips("trips", false);
        Trips arrivals = new Trips("arrivals", true);
        Entity goal = Entity.named("place").keyedBy(arrivals.goal);
        FeatureView view = view(goal, arrivals.stream, arrivals.fare);
        return Pipeline.named("twice")
                .ingest(trips.stream, arrivals.stream)
                .decideOn(trips.stream)
                .features(view.of(trips.goal))
                .build()
                .spec();
    }

    private static Pipeline pipeline(Trips trips, FeatureView view) {
        return Pipeline.named("once").ingest(trips.stream).features(view).build();
    }

    private static FeatureView view(Entity entity, Stream stream, NumberColumn<Double> fare) {
        return FeatureView.named("place")
                .entity(entity)
                .feature("n", count(stream).over(hours(1), hours(8)))
                .feature("mean", mean(fare).over(hours(1), hours(8)))
                .feature("spread", stddev(fare).over(hours(24)));
    }

    private static final class Trips {
        private final Stream stream;
        private final Column<String> goal;
        private final NumberColumn<Double> fare;

        Trips(String name, boolean byGoal) {
            stream = Stream.named(name).from(Source.csv("trips"));
            stream.int64("id").id();
            stream.timestamp("at").eventTime().availableTime();
            Column<String> start = stream.string("start");
            goal = byGoal ? stream.string("goal") : stream.string("goal").nullable();
            fare = stream.float64("fare");
            (byGoal ? goal : start).key();
        }
    }
}
