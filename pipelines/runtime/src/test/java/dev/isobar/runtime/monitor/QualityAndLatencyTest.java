package dev.isobar.runtime.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class QualityAndLatencyTest {
    private static final double NULL = Double.NaN;

    @Nested
    class Quality {
        @Test
        void aRiseOfNullsBeyondChanceIsABreachInWords() {
            QualityMonitor monitor = monitor(QualityMonitor.Rule.any("delay"));
            fill(monitor, 1_000, 10, 500, 60);
            Verdict verdict = monitor.verdicts().get(0);
            assertThat(verdict.state()).isEqualTo(Verdict.State.BREACH);
            assertThat(verdict.sentence())
                    .isEqualTo("delay is null in 12.0 % of the rows, against 1.0 % in the reference (p < 0.001).");
        }

        @Test
        void theSameRiseOnAHandfulOfRowsIsChance() {
            QualityMonitor monitor = monitor(QualityMonitor.Rule.any("delay"));
            fill(monitor, 1_000, 50, 10, 1);
            assertThat(monitor.verdicts().get(0).state()).isEqualTo(Verdict.State.OK);
        }

        @Test
        void aDeclaredRangeIsWatchedFromTheFirstValueOutsideAndALearnedOneFromOnePercent() {
            QualityMonitor monitor =
                    monitor(QualityMonitor.Rule.between("declared", 0, 10), QualityMonitor.Rule.learned("learned"));
            for (int i = 0; i <= 1_000; i++) {
                monitor.addReference(new double[] {5, i / 100.0});
            }
            for (int i = 0; i < 999; i++) {
                monitor.add(i, new double[] {5, 5});
            }
            monitor.add(999, new double[] {11, 11});
            assertThat(monitor.verdicts())
                    .extracting(Verdict::state)
                    .containsExactly(Verdict.State.WATCH, Verdict.State.OK);
            assertThat(monitor.verdicts().get(0).sentence())
                    .isEqualTo("1 value of declared (0.1 %) lies outside 0 to 10, the range declared for it.");
            for (int i = 0; i < 20; i++) {
                monitor.add(1_000 + i, new double[] {-1, -1});
            }
            assertThat(monitor.verdicts())
                    .extracting(Verdict::state)
                    .containsExactly(Verdict.State.BREACH, Verdict.State.BREACH);
            assertThat(monitor.result().columns())
                    .extracting(QualityResult.Column::outOfRange)
                    .containsExactly(21L, 21L);
        }

        @Test
        void unparsableValuesAndDeadLettersAreCountedAndSaid() {
            QualityMonitor monitor = monitor(QualityMonitor.Rule.any("delay"));
            fill(monitor, 100, 0, 1_000, 0);
            monitor.addUnparsable("delay", 3);
            monitor.addDeadLetters("NOT_A_NUMBER", 3);
            monitor.addDeadLetters("MISSING_COLUMN", 1_200);
            assertThat(monitor.result().deadLetters())
                    .containsEntry("NOT_A_NUMBER", 3L)
                    .containsEntry("MISSING_COLUMN", 1_200L);
            assertThat(monitor.verdicts())
                    .extracting(Verdict::sentence)
                    .containsExactly(
                            "3 values of delay could not be read (0.3 %).",
                            "1,203 records were set aside as dead letters: 1,200 MISSING_COLUMN, 3 NOT_A_NUMBER.");
            DriftMonitorTest.assertRefused(() -> monitor.addUnparsable("nobody", 1));
        }

        @Test
        void aColumnWithoutRowsSaysSo() {
            Verdict verdict =
                    monitor(QualityMonitor.Rule.learned("x")).verdicts().get(0);
            assertThat(verdict.sentence()).isEqualTo("x has no rows yet.");
            assertThat(verdict.value()).isNull();
        }

        private static QualityMonitor monitor(QualityMonitor.Rule... rules) {
            return new QualityMonitor(List.of(rules));
        }

        private static void fill(
                QualityMonitor monitor, int reference, int nullReference, int current, int nullCurrent) {
            for (int i = 0; i < reference; i++) {
                monitor.addReference(new double[] {i < nullReference ? NULL : i});
            }
            for (int i = 0; i < current; i++) {
                monitor.add(i, new double[] {i < nullCurrent ? NULL : i});
            }
        }
    }

    @Nested
    class Latency {
        @Test
        void percentilesAreThoseOfTheSortedValues() {
            Random random = DistancesTest.seeded("latency");
            double[] millis = new double[50_000];
            LatencyMonitor monitor = new LatencyMonitor();
            for (int i = 0; i < millis.length; i++) {
                millis[i] = 2 * Math.exp(0.8 * random.nextGaussian());
                monitor.addNanos(Math.round(millis[i] * 1e6));
            }
            Arrays.sort(millis);
            LatencyResult result = monitor.result();
            assertThat(result.p50Ms()).isCloseTo(millis[24_999], within(0.002 * millis[24_999] + 0.001));
            assertThat(result.p95Ms()).isCloseTo(millis[47_499], within(0.002 * millis[47_499] + 0.001));
            assertThat(result.p99Ms()).isCloseTo(millis[49_499], within(0.002 * millis[49_499] + 0.001));
            assertThat(result.maxMs()).isCloseTo(millis[49_999], within(0.002 * millis[49_999]));
            assertThat(result.buckets().stream()
                            .mapToLong(LatencyResult.Bucket::count)
                            .sum())
                    .isEqualTo(50_000);
        }

        @Test
        void bucketsFollowOneAnotherAndHoldWhatTheySay() {
            LatencyMonitor monitor = new LatencyMonitor();
            monitor.addNanos(0);
            monitor.addNanos(1_500_000);
            monitor.addNanos(Long.MAX_VALUE);
            LatencyResult result = monitor.result();
            assertThat(result.requests()).isEqualTo(3);
            List<LatencyResult.Bucket> buckets = result.buckets();
            for (int i = 1; i < buckets.size(); i++) {
                assertThat(buckets.get(i).fromMs()).isEqualTo(buckets.get(i - 1).toMs());
            }
            assertThat(buckets)
                    .filteredOn(b -> b.fromMs() <= 1.5 && 1.5 < b.toMs())
                    .singleElement()
                    .extracting(LatencyResult.Bucket::count)
                    .isEqualTo(1L);
        }

        @Test
        void noRequestsHaveNoPercentiles() {
            LatencyResult result = new LatencyMonitor().result();
            assertThat(result.p99Ms()).isNull();
            assertThat(result.requests()).isZero();
        }
    }
}
