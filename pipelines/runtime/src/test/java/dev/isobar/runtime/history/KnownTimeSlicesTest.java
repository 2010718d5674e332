package dev.isobar.runtime.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.event.Row;
import dev.isobar.example.flightdelays.FlightDelays;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.runtime.history.KnownTimeSlices.Slice;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Slices of known time")
class KnownTimeSlicesTest {
    private static final long MINUTE = 60_000_000L;
    private static final long DAY = 24 * 60 * MINUTE;
    private static final PipelineSpec SPEC = new FlightDelays().pipeline().spec();
    private static final FeaturePlan PLAN = FeaturePlan.compile(SPEC);

    /** Events in memory. */
    private static final class MemoryFeed implements Feed {
        private final List<Recorded> events;
        private int next;
        private boolean closed;

        MemoryFeed(List<Recorded> events) {
            this.events = events;
        }

        @Override
        public @Nullable Recorded peek() {
            return next < events.size() ? events.get(next) : null;
        }

        @Override
        public void take() {
            next++;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    @DisplayName("hold every event once, in the slice in which it became known, and skip times in which nothing did")
    void everyEventOnce() {
        long seed = System.nanoTime();
        System.out.println("KnownTimeSlicesTest seed " + seed);
        Random random = new Random(seed);
        Map<String, MemoryFeed> feeds = new HashMap<>();
        List<Slice> slices = new ArrayList<>();
        try (KnownTimeSlices all = slices(random, feeds)) {
            for (Slice s = all.next(Long.MAX_VALUE); s != null; s = all.next(Long.MAX_VALUE)) {
                slices.add(s);
            }
            assertThat(all.nextAvailable()).isEqualTo(Long.MAX_VALUE);
        }
        assertThat(feeds.values()).allMatch(f -> f.closed);
        Set<String> decisions = new HashSet<>();
        Set<String> labels = new HashSet<>();
        long events = 0;
        long before = Long.MIN_VALUE;
        for (Slice s : slices) {
            assertThat(Math.floorMod(s.from(), KnownTimeSlices.SLICE)).isZero();
            assertThat(s.to()).isEqualTo(s.from() + KnownTimeSlices.SLICE);
            assertThat(s.from()).isGreaterThanOrEqualTo(before);
            assertThat(s.events()).as("no empty slice").isPositive();
            before = s.to();
            for (List<Recorded> known : List.of(s.decisions(), s.labels())) {
                assertThat(known).extracting(Recorded::availableTime).isSorted();
                assertThat(known).allMatch(r -> s.from() <= r.availableTime() && r.availableTime() < s.to());
            }
            s.decisions().forEach(r -> decisions.add(r.id()));
            s.labels().forEach(r -> labels.add(r.id()));
            events += s.events();
        }
        assertThat(slices.get(slices.size() - 1).to() - slices.get(0).from())
                .as("the gap between the two days has no slices")
                .isGreaterThan(slices.size() * KnownTimeSlices.SLICE);
        assertThat(events).isEqualTo(1_000L * feeds.size());
        assertThat(decisions).hasSize(1_000);
        assertThat(labels).hasSize(1_000);
    }

    @Test
    @DisplayName("end at the time asked for: what becomes known then waits")
    void until() {
        Map<String, MemoryFeed> feeds = new HashMap<>();
        long cut = 10 * 60 * MINUTE + 1;
        try (KnownTimeSlices all = slices(new Random(3), feeds)) {
            long last = Long.MIN_VALUE;
            for (Slice s = all.next(cut); s != null; s = all.next(cut)) {
                assertThat(s.to()).isLessThanOrEqualTo(cut);
                assertThat(s.decisions()).allMatch(r -> r.availableTime() < cut);
                last = s.to();
            }
            assertThat(last).isEqualTo(cut);
            assertThat(all.nextAvailable()).isGreaterThanOrEqualTo(cut).isLessThan(Long.MAX_VALUE);
            Slice rest = all.next(Long.MAX_VALUE);
            assertThat(rest).isNotNull();
            assertThat(rest.decisions()).isNotEmpty().allMatch(r -> r.availableTime() >= cut);
        }
    }

    /** A thousand events of every stream, on two days with three between them. */
    private static KnownTimeSlices slices(Random random, Map<String, MemoryFeed> feeds) {
        return new KnownTimeSlices(SPEC, PLAN, new FeatureKernel(PLAN, KnownTimeSlices.retention(SPEC)), s -> {
            List<Recorded> events = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                long at = random.nextInt(2) * 4 * DAY + random.nextInt(24 * 60) * MINUTE;
                events.add(event(s, Integer.toString(i), at, at));
            }
            events.sort(Comparator.comparingLong(Recorded::availableTime));
            MemoryFeed feed = new MemoryFeed(events);
            feeds.put(s.name(), feed);
            return feed;
        });
    }

    private static Recorded event(StreamSpec stream, String id, long eventTime, long availableTime) {
        Row row = new Row(stream.schema());
        row.setWord(row.schema().require("event_id"), Long.parseLong(id));
        row.setText(row.schema().require(stream.key().get(0)), "LGA");
        row.setWord(row.schema().require(stream.eventTime()), eventTime);
        return new Recorded(id, "LGA", eventTime, availableTime, row);
    }
}
