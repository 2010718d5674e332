package dev.isobar.local.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Sequence ranges")
class SequenceRangesTest {
    @Test
    @DisplayName("hold exactly the numbers of the ranges added, in any order and overlap")
    void likeABitSet() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            SequenceRanges ranges = new SequenceRanges();
            BitSet plain = new BitSet();
            for (int i = 0; i < 40; i++) {
                int from = random.nextInt(120);
                int to = from + random.nextInt(12);
                ranges.add(from, to);
                plain.set(from, to);
                int runs = 0;
                for (int n = 0; n < 140; n++) {
                    assertThat(ranges.contains(n))
                            .as("seed %d, number %d", seed, n)
                            .isEqualTo(plain.get(n));
                    runs += plain.get(n) && (n == 0 || !plain.get(n - 1)) ? 1 : 0;
                }
                assertThat(ranges.ranges()).as("seed %d", seed).isEqualTo(runs);
            }
        }
    }
}
