package dev.isobar.features.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * {@code -Disobar.seed=S -Disobar.histories=N} runs the histories S, S + 1, … S + N − 1; a failing one is replayed with its own seed and N = 1.
 */
@DisplayName("The kernel and its naive twin")
class KernelAgainstTwinTest {
    private static final long SEED = Long.getLong("isobar.seed", 1);
    private static final int HISTORIES = Integer.getInteger("isobar.histories", 2_000);

    @Test
    void agreeToTheLastBitOnGeneratedHistories() {
        System.out.println("Histories " + SEED + " to " + (SEED + HISTORIES - 1));
        Judge.Tally tally = new Judge.Tally();
        for (long seed = SEED; seed < SEED + HISTORIES; seed++) {
            History history = Histories.of(seed);
            String difference = Judge.difference(history, tally);
            if (difference != null) {
                History small = Judge.smallest(history);
                fail("History " + seed + " fails; replay it with -Disobar.seed=" + seed + " -Disobar.histories=1\n"
                        + difference + "\nAs small as it gets: "
                        + Judge.difference(small, new Judge.Tally()) + "\n" + small);
            }
        }
        System.out.println(HISTORIES + " histories: " + tally);
        if (HISTORIES >= 1_000) {
            // A judge that saw nothing has judged nothing.
            assertThat(tally.finals).isPositive();
            assertThat(tally.refused).isPositive();
            assertThat(tally.restarts).isPositive();
            assertThat(tally.values - tally.nulls).isGreaterThan(tally.nulls / 4);
            assertThat(tally.admissions.keySet()).hasSize(dev.isobar.features.Admission.values().length);
        }
    }
}
