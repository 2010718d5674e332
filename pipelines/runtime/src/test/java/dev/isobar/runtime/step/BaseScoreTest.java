package dev.isobar.runtime.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The base score")
class BaseScoreTest {
    @Test
    @DisplayName(
            "is near the share of positive labels, and its margin is the same with a logarithm that is off by a tenth of an ulp")
    void near() {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            double rate = 0.001 + 0.998 * random.nextDouble();
            float score = Float.parseFloat(BaseScore.of(rate));
            assertThat(score).as("seed 1, rate %s", rate).isCloseTo((float) rate, within(1e-4f));
            double margin = StrictMath.log((double) (1.0f / score - 1.0f));
            double ulp = Math.ulp((float) margin);
            assertThat((float) (margin + 0.39 * ulp)).isEqualTo((float) margin);
            assertThat((float) (margin - 0.39 * ulp)).isEqualTo((float) margin);
        }
    }

    @Test
    @DisplayName("of labels that are all alike is finite")
    void allAlike() {
        assertThat(Float.parseFloat(BaseScore.of(0))).isCloseTo(0.001f, within(1e-6f));
        assertThat(Float.parseFloat(BaseScore.of(1))).isCloseTo(0.999f, within(1e-3f));
    }
}
