package dev.isobar.gcp.vertex;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Basis points become whole percents")
class TrafficSplitTest {
    @Test
    @DisplayName("by largest remainder, the first name of equal ones")
    void remainders() {
        assertThat(TrafficSplit.percents(Map.of("a", 1_000, "b", 9_000))).isEqualTo(Map.of("a", 10, "b", 90));
        assertThat(TrafficSplit.percents(Map.of("a", 1_250, "b", 8_750))).isEqualTo(Map.of("a", 13, "b", 87));
        assertThat(TrafficSplit.percents(Map.of("a", 3_333, "b", 3_333, "c", 3_334)))
                .isEqualTo(Map.of("a", 33, "b", 33, "c", 34));
        assertThat(TrafficSplit.percents(Map.of("a", 0, "b", 10_000))).isEqualTo(Map.of("b", 100));
        assertThat(TrafficSplit.percents(Map.of("a", 10, "b", 9_990))).isEqualTo(Map.of("b", 100));
    }

    @Test
    @DisplayName("always a hundred in all, none off by a whole one")
    void sums() {
        long seed = 20261123;
        Random random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            Map<String, Integer> points = new TreeMap<>();
            int left = TrafficSplit.ALL;
            int count = 1 + random.nextInt(6);
            for (int n = 1; n < count; n++) {
                int share = random.nextInt(left + 1);
                points.put("d" + n, share);
                left -= share;
            }
            points.put("d0", left);
            Map<String, Integer> percents = TrafficSplit.percents(points);
            assertThat(percents.values().stream().mapToInt(p -> p).sum())
                    .as("seed %d: %s", seed, points)
                    .isEqualTo(100);
            points.forEach((name, share) -> assertThat(percents.getOrDefault(name, 0) * 100)
                    .as("seed %d: %s of %s", seed, name, points)
                    .isBetween(share - 99, share + 99));
        }
    }
}
