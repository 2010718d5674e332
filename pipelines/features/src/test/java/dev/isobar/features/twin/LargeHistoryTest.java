package dev.isobar.features.twin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.ViewSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What small histories cannot show: sketches whose registers meet, logs that grow and shrink, sums over the whole range of doubles. */
@DisplayName("The kernel and its naive twin, many events of a key")
class LargeHistoryTest {
    @Test
    void agreeToTheLastBitOnThousandsOfEvents() {
        for (long seed = 1; seed <= 2; seed++) {
            Random r = new Random(seed);
            History like = Histories.of(7);
            PipelineSpec base = like.spec();
            List<ViewSpec.FeatureSpec> features = new ArrayList<>();
            for (AggregateFn fn : AggregateFn.values()) {
                for (long window : new long[] {1_000, 100_000}) {
                    String column = fn == AggregateFn.SHARE ? "b" : "d";
                    features.add(new ViewSpec.FeatureSpec(
                            "f" + features.size(),
                            new ExprSpec.Aggregate(fn, "s0", new ExprSpec.Col("s0", column), window, false)));
                }
            }
            PipelineSpec spec = new PipelineSpec(
                    "large",
                    Map.of(),
                    base.sources(),
                    List.of(Histories.stream("s0", List.of("k"), Long.MAX_VALUE, 1_000_000)),
                    List.of(new ViewSpec.EntitySpec("thing", Map.of("s0", List.of("k")))),
                    List.of(new ViewSpec("v0", "thing", features)),
                    "s0",
                    List.of(new ViewSpec.UseSpec("v0", "v0", List.of("k"))),
                    null,
                    null,
                    null);
            List<History.Step> steps = new ArrayList<>();
            for (int i = 0; i < 2_500; i++) {
                long at = r.nextInt(100_000);
                Map<String, Object> row = new HashMap<>(Map.of("id", "" + i, "k", "A", "k2", 1L, "at", at));
                row.put("b", r.nextInt(3) == 0);
                double d = Double.longBitsToDouble(r.nextLong());
                row.put("d", Double.isFinite(d) ? d : r.nextGaussian());
                RawEvent e = Histories.event(spec.stream("s0"), "" + i, at, at + r.nextInt(5_000), row);
                steps.add(new History.Arrive(e, r.nextBoolean()));
            }
            Collections.shuffle(steps, r);
            steps.add(1_200, new History.Crash(0, 0));
            steps.add(new History.Move(0));
            for (int i = 0; i < 3; i++) {
                long t = r.nextInt(110_000);
                steps.add(new History.Ask(
                        Map.of("id", "q", "k", "A", "k2", 1L, "at", t), null, t, t + r.nextInt(4_000), true, true));
            }
            assertThat(Judge.difference(Life.asGenerated(new History(seed, spec, Long.MAX_VALUE, steps))))
                    .as("large history %d", seed)
                    .isNull();
        }
    }
}
