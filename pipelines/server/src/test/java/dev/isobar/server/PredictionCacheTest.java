package dev.isobar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PredictionCacheTest {
    private static final float[] ROWS = {1, 2, 3, 4, 5, 6};

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 50);
    private final PredictionCache cache = new PredictionCache("sha256:a", 160, 100, now::get);

    @Test
    void aVectorIsFoundByItsBitsUntilItsTimeIsOver() {
        assertThat(cache.get(ROWS, 2, 2)).isNaN();
        cache.put(ROWS, 2, 2, 0.25f);
        assertThat(cache.get(new float[] {3, 4}, 0, 2)).isEqualTo(0.25f);
        assertThat(cache.get(new float[] {3, Math.nextUp(4f)}, 0, 2)).isNaN();
        // the clock may pass its largest value
        now.addAndGet(99);
        assertThat(cache.get(ROWS, 2, 2)).isEqualTo(0.25f);
        now.addAndGet(1);
        assertThat(cache.get(ROWS, 2, 2)).isNaN();
        assertThat(cache.size()).isZero();
        assertThat(cache.hits()).isEqualTo(2);
        assertThat(cache.misses()).isEqualTo(3);
    }

    @Test
    void zerosOfBothSignsAreTwoVectorsAndEveryMissingValueIsOne() {
        cache.put(new float[] {0f}, 0, 1, 0.1f);
        assertThat(cache.get(new float[] {-0f}, 0, 1)).isNaN();
        cache.put(new float[] {Float.NaN}, 0, 1, 0.2f);
        assertThat(cache.get(new float[] {Float.intBitsToFloat(0x7fc00001)}, 0, 1))
                .isEqualTo(0.2f);
    }

    @Test
    void itHoldsNoMoreThanItMay() {
        for (int i = 0; i < 10_000; i++) {
            cache.put(new float[] {i}, 0, 1, i);
        }
        assertThat(cache.size()).isLessThanOrEqualTo(160);
    }

    @Test
    void whatIsNeverAskedAgainGoesToo() {
        for (int i = 0; i < 100; i++) {
            cache.put(new float[] {i}, 0, 1, i);
        }
        now.addAndGet(1_000);
        for (int i = 1000; i < 1200; i++) {
            cache.put(new float[] {i}, 0, 1, i);
        }
        now.addAndGet(1_000);
        for (int i = 0; i < 100; i++) {
            assertThat(cache.get(new float[] {i}, 0, 1)).isNaN();
        }
    }
}
