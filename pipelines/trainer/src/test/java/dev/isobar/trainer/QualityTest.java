package dev.isobar.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class QualityTest {
    @Test
    void aucEqualsTheCountOverAllPairsWithTiesCountingHalf() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int run = 0; run < 50; run++) {
            int n = 2 + random.nextInt(200);
            float[] scores = new float[n];
            float[] labels = new float[n];
            for (int i = 0; i < n; i++) {
                scores[i] = (random.nextInt(12) - 4) / 4f * (random.nextBoolean() ? 1 : -1);
                labels[i] = i == 0 ? 0 : i == 1 ? 1 : random.nextInt(2);
            }
            long half = 0;
            long pairs = 0;
            for (int p = 0; p < n; p++) {
                for (int q = 0; q < n; q++) {
                    if (labels[p] == 1 && labels[q] == 0) {
                        pairs++;
                        half += scores[p] > scores[q] ? 2 : scores[p] == scores[q] ? 1 : 0;
                    }
                }
            }
            assertThat(Quality.auc(scores, labels)).hasValue(half / (2.0 * pairs));
        }
    }

    @Test
    void aucOfOneClassDoesNotExist() {
        assertThat(Quality.auc(new float[] {0.1f, 0.2f}, new float[] {1, 1})).isEmpty();
    }

    @Test
    void logLossIsTheMeanNegativeLogLikelihoodAndStaysFiniteWhenSurelyWrong() {
        assertThat(Quality.logLoss(new float[] {0.25f, 0.25f}, new float[] {1, 0}))
                .isEqualTo((-Math.log(0.25) - Math.log(0.75)) / 2, within(1e-15));
        assertThat(Quality.logLoss(new float[] {0f}, new float[] {1})).isEqualTo(-Math.log(1e-15), within(1e-9));
        assertThat(Quality.logLoss(new float[] {1f}, new float[] {0})).isEqualTo(-Math.log(1e-15), within(0.2));
    }
}
