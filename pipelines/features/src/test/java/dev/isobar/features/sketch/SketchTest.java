package dev.isobar.features.sketch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SketchTest {
    @Test
    void murmurGivesThePublishedHashes() {
        // first halves of MurmurHash3_x64_128, seed 0
        assertThat(Murmur3.hash(new byte[0])).isZero();
        assertThat(Murmur3.hash("hello".getBytes(StandardCharsets.UTF_8))).isEqualTo(0xcbd8a7b341bd9b02L);
        assertThat(Murmur3.hash("The quick brown fox jumps over the lazy dog")).isEqualTo(0xe34bbc7bbc071b6cL);
    }

    @Test
    void aWordHashesAsItsEightBytes() {
        for (long v : new long[] {0, 1, -1, Long.MIN_VALUE, 0x0123456789abcdefL}) {
            assertThat(Murmur3.hash(v))
                    .isEqualTo(Murmur3.hash(ByteBuffer.allocate(8).putLong(v).array()));
        }
    }

    @Test
    void anEstimateIsWithinFivePercentAndSmallOnesAreExact() {
        HyperLogLog sketch = new HyperLogLog();
        assertThat(sketch.estimate()).isZero();
        for (long v = 1; v <= 200_000; v++) {
            sketch.add(Murmur3.hash(v));
            sketch.add(Murmur3.hash(v));
            if (v <= 20) {
                assertThat(sketch.estimate()).isEqualTo(v);
            } else if (v % 20_000 == 0) {
                assertThat(sketch.estimate()).isCloseTo(v, within(0.05 * v));
            }
        }
        sketch.clear();
        assertThat(sketch.estimate()).isZero();
    }
}
