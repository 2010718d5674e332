package dev.isobar.runtime.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DriftMonitorTest {
    private static final long MONDAY = Instant.parse("2001-03-05T00:00:00Z").toEpochMilli() * 1_000;
    private static final long DAY = 86_400_000_000L;
    private static final Persistence DAILY =
            Persistence.ofDefaults().every(TimeWindows.days(1)).when(2, 3).cooldown(Duration.ofDays(3));

    private final Random random = DistancesTest.seeded("drift monitor");

    @Test
    void twoOfThreeWindowsMakeABreachThatNamesTheDays() {
        DriftResult result = days(500, 0, 0, 1, 0, 1, 0);
        List<Verdict> verdicts = result.verdicts();
        assertThat(verdicts).hasSize(1);
        Verdict breach = verdicts.get(0);
        assertThat(breach.state()).isEqualTo(Verdict.State.BREACH);
        assertThat(breach.fromMicros()).isEqualTo(MONDAY + 2 * DAY);
        assertThat(breach.toMicros()).isEqualTo(MONDAY + 5 * DAY);
        assertThat(breach.value()).isGreaterThan(0.2);
        assertThat(breach.pValue()).isLessThan(0.01);
        assertThat(breach.sentence())
                .startsWith("x drifted from 7 Mar 2001 to 9 Mar 2001: PSI up to ")
                .endsWith("(threshold 0.20, p < 0.001), in 2 of the last 3 windows.");
    }

    @Test
    void oneWindowIsWatchedNotBreached() {
        Verdict verdict = days(500, 0, 1, 0, 0, 1, 0).verdicts().get(0);
        assertThat(verdict.state()).isEqualTo(Verdict.State.WATCH);
        assertThat(verdict.sentence()).contains("in 2 of 6 windows").endsWith("not often enough for a breach.");
    }

    @Test
    void noDriftIsSaidToo() {
        Verdict verdict = days(500, 0, 0, 0, 0).verdicts().get(0);
        assertThat(verdict.state()).isEqualTo(Verdict.State.OK);
        assertThat(verdict.sentence()).startsWith("x stayed near its reference");
    }

    @Test
    void aCooldownOnTheReplaysClockKeepsABreachFromRepeating() {
        List<Verdict> verdicts = days(500, 1, 1, 1, 1, 1, 1, 1, 1).verdicts();
        // first at the end of day 2, then three days later at the end of day 5, then of day 8
        assertThat(verdicts).extracting(v -> (v.toMicros() - MONDAY) / DAY).containsExactly(2L, 5L, 8L);
        assertThat(verdicts).allMatch(v -> v.state() == Verdict.State.BREACH);
    }

    @Test
    void aLargePsiOnTooFewRowsIsNotJudgedAndBelowSignificanceDoesNotFire() {
        DriftResult few = days(40, 1, 1, 1);
        assertThat(few.verdicts()).isEmpty();
        assertThat(few.windows()).hasSize(3).noneMatch(DriftResult.Window::judged);

        // PSI above the threshold by chance: 30 against 200 rows of one distribution
        Persistence lenient = new Persistence(TimeWindows.days(1), 1, 1, 0, 1, 0.01);
        int large = 0;
        int fired = 0;
        for (int i = 0; i < 200; i++) {
            DriftMonitor drift = new DriftMonitor(List.of("x"), new DriftPolicy(0.2, lenient));
            for (int j = 0; j < 200; j++) {
                drift.addReference(new double[] {random.nextGaussian()});
            }
            for (int j = 0; j < 30; j++) {
                drift.add(MONDAY, new double[] {random.nextGaussian()});
            }
            Verdict verdict = drift.result().verdicts().get(0);
            Double psi = verdict.value();
            large += psi != null && psi >= 0.2 ? 1 : 0;
            fired += verdict.state() == Verdict.State.BREACH ? 1 : 0;
        }
        System.out.println("30 against 200 rows without drift, of 200: PSI above 0.2 " + large + ", breaches " + fired);
        assertThat(large).as("PSI above 0.2 by chance, of 200").isGreaterThan(80);
        assertThat(fired).as("breaches by chance, of 200").isLessThan(10);
    }

    @Test
    void theOrderOfTheRowsDoesNotMatterForAnyWindow() {
        DriftMonitor forward = new DriftMonitor(List.of("x", "y"), new DriftPolicy(0.2, DAILY));
        DriftMonitor backward = new DriftMonitor(List.of("x", "y"), new DriftPolicy(0.2, DAILY));
        double[][] rows = new double[900][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = new double[] {random.nextGaussian(), random.nextInt(4)};
            forward.addReference(rows[i]);
            backward.addReference(rows[i]);
        }
        for (int i = 0; i < rows.length; i++) {
            forward.add(MONDAY + i % 3 * DAY, rows[i]);
        }
        for (int i = rows.length - 1; i >= 0; i--) {
            backward.add(MONDAY + i % 3 * DAY, rows[i]);
        }
        assertThat(backward.result().windows()).isEqualTo(forward.result().windows());
        assertThat(forward.result().features()).extracting(FeatureDrift::psi).containsExactly(0.0, 0.0);
    }

    @Test
    void histogramsAddUpToOneAndLeaveEmptyBinsOut() {
        DriftResult result = days(500, 0, 1);
        DriftResult.Histogram histogram = result.histograms().get(0);
        assertThat(histogram.reference().stream().mapToDouble(d -> d).sum()).isBetween(0.999999, 1.000001);
        assertThat(histogram.current().stream().mapToDouble(d -> d).sum()).isBetween(0.999999, 1.000001);
        assertThat(histogram.labels()).doesNotContain("null").hasSize(FeatureBins.BINS);
    }

    @Test
    void misuseIsRefusedWithAHint() {
        DriftMonitor drift = new DriftMonitor(List.of("x"), DriftPolicy.ofDefaults());
        drift.add(MONDAY, new double[] {1});
        assertRefused(() -> drift.addReference(new double[] {1}));
        assertRefused(() -> drift.add(MONDAY, new double[] {1, 2}));
        assertRefused(() -> new DriftPolicy(0, Persistence.ofDefaults()));
        assertRefused(() -> Persistence.ofDefaults().when(4, 3));
        assertRefused(() -> new TimeWindows(0));
    }

    @Test
    void weeksBeginOnMonday() {
        TimeWindows weeks = TimeWindows.days(7);
        assertThat(weeks.start(weeks.index(MONDAY + 6 * DAY))).isEqualTo(MONDAY);
        assertThat(weeks.end(weeks.index(MONDAY))).isEqualTo(MONDAY + 7 * DAY);
        assertThat(weeks.index(MONDAY - 1)).isEqualTo(weeks.index(MONDAY) - 1);
        assertThat(weeks.start(weeks.index(-1))).isNegative();
    }

    private DriftResult days(int rowsPerDay, double... shifts) {
        DriftMonitor drift = new DriftMonitor(List.of("x"), new DriftPolicy(0.2, DAILY));
        for (int i = 0; i < 5_000; i++) {
            drift.addReference(new double[] {random.nextGaussian()});
        }
        for (int day = 0; day < shifts.length; day++) {
            for (int i = 0; i < rowsPerDay; i++) {
                drift.add(MONDAY + day * DAY + i, new double[] {random.nextGaussian() + shifts[day]});
            }
        }
        return drift.result();
    }

    static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(IsobarException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(e.hint()).isNotBlank();
        });
    }
}
