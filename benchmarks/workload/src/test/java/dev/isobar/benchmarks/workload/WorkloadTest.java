package dev.isobar.benchmarks.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The workload")
class WorkloadTest {
    private static final int EVENTS = 200_000;

    private final Workload workload = Workload.published(EVENTS, true);

    @Test
    void isTheSameForTheSameSeed() {
        Workload again = Workload.published(EVENTS, true);

        assertThat(again.id()).isEqualTo(workload.id());
        assertThat(again.cents()).isEqualTo(workload.cents());
        assertThat(again.availableTime()).isEqualTo(workload.availableTime());
        assertThat(Workload.generate(1, EVENTS, EVENTS, Workload.CARDS, true).cents())
                .isNotEqualTo(workload.cents());
    }

    @Test
    void isAPrefixOfALargerOne() {
        Workload larger = Workload.published(2 * EVENTS, true);

        assertThat(Arrays.copyOf(larger.id(), EVENTS)).isEqualTo(workload.id());
        assertThat(Arrays.copyOf(larger.card(), EVENTS)).isEqualTo(workload.card());
    }

    @Test
    void isDeliveredByAvailableTimeWithTwoInAHundredLate() {
        int late = 0;
        Set<Long> times = new HashSet<>();
        for (int i = 0; i < EVENTS; i++) {
            long lag = workload.availableTime()[i] - workload.eventTime()[i];
            assertThat(lag).isBetween(0L, Features.LATENESS);
            assertThat(workload.eventTime()[i] % 1_000).isZero();
            late += lag > 0 ? 1 : 0;
            times.add(workload.eventTime()[i]);
            if (i > 0) {
                assertThat(workload.availableTime()[i]).isGreaterThanOrEqualTo(workload.availableTime()[i - 1]);
            }
        }
        assertThat((double) late / EVENTS).isCloseTo(0.02, within(0.002));
        assertThat(times).as("different event times").hasSize(EVENTS);
    }

    @Test
    void drawsCardsByZipf() {
        int[] counts = new int[Workload.CARDS];
        for (int card : workload.card()) {
            counts[card]++;
        }
        // 1 / (1 + 1/2 + … + 1/100,000) = 0.0827
        assertThat((double) counts[0] / EVENTS).isCloseTo(0.0827, within(0.003));
        assertThat((double) counts[9] / EVENTS).isCloseTo(0.00827, within(0.001));
    }

    @Test
    void hasPositiveSkewedAmountsThatFitTheLoop() {
        double mean = Arrays.stream(workload.cents()).average().orElse(0);
        long[] sorted = workload.cents().clone();
        Arrays.sort(sorted);

        assertThat(sorted[0]).isPositive();
        assertThat(sorted[EVENTS - 1]).isLessThan(1L << 31);
        assertThat(mean).isGreaterThan(1.5 * sorted[EVENTS / 2]);
    }

    @Test
    void onTimeIsTheSameWithoutWaiting() {
        Workload onTime = Workload.published(EVENTS, false);

        assertThat(onTime.availableTime()).isEqualTo(onTime.eventTime());
        assertThat(onTime.id()).isSorted();
    }
}
