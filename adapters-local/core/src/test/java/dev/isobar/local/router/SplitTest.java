package dev.isobar.local.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A traffic split")
class SplitTest {
    private static List<String> turns(Split split, int count) {
        List<String> turns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            turns.add(split.deployments().get(split.next()));
        }
        return turns;
    }

    @Test
    @DisplayName("is exact in every run of as many requests as the reduced weights add up to")
    void exact() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            int a = random.nextInt(10_001);
            int b = random.nextInt(10_001 - a);
            Map<String, Integer> weights = Map.of("a", a, "b", b, "c", 10_000 - a - b);
            Split split = Split.of(weights);
            turns(split, random.nextInt(20_000));
            Map<String, Integer> seen = new TreeMap<>();
            turns(split, 10_000).forEach(d -> seen.merge(d, 1, Integer::sum));
            weights.forEach((d, w) -> assertThat(seen.getOrDefault(d, 0))
                    .as("share of %s in %s, seed %d", d, weights, seed)
                    .isEqualTo(w));
        }
    }

    @Test
    @DisplayName("is spread evenly, not in blocks")
    void smooth() {
        assertThat(turns(Split.of(Map.of("a", 5_000, "b", 2_500, "c", 2_500)), 8))
                .containsExactly("a", "b", "c", "a", "a", "b", "c", "a");
    }

    @Test
    @DisplayName("of nothing has nobody's turn")
    void empty() {
        assertThat(Split.of(Map.of()).next()).isEqualTo(-1);
        assertThat(Split.of(Map.of("a", 0)).next()).isEqualTo(-1);
    }
}
