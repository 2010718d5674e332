package dev.isobar.runtime.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PerformanceMonitorTest {
    private static final long DAY = 86_400_000_000L;
    private static final long START = 11_386L * DAY; // 5 March 2001, a Monday
    private static final TimeWindows DAILY = TimeWindows.days(1);

    @Test
    void aucLogLossAndBrierEqualTheirNaiveTwinsWithTies() {
        Random random = DistancesTest.seeded("performance");
        for (int round = 0; round < 100; round++) {
            int n = 2 + random.nextInt(120);
            int levels = 1 + random.nextInt(30);
            double[] scores = new double[n];
            boolean[] labels = new boolean[n];
            PerformanceMonitor monitor = new PerformanceMonitor();
            for (int i = 0; i < n; i++) {
                scores[i] = random.nextInt(levels + 1) / (double) levels;
                labels[i] = i == 0 || (i != 1 && random.nextDouble() < scores[i]);
                monitor.add(START, scores[i], labels[i]);
            }
            PerformanceResult result = monitor.result(DAILY);
            assertThat(result.auc()).isCloseTo(naiveAuc(scores, labels), within(1e-12));
            double loss = 0;
            double brier = 0;
            for (int i = 0; i < n; i++) {
                double p = Math.min(1 - 1e-15, Math.max(1e-15, scores[i]));
                loss -= labels[i] ? Math.log(p) : Math.log(1 - p);
                brier += Math.pow(scores[i] - (labels[i] ? 1 : 0), 2);
            }
            assertThat(result.logLoss()).isCloseTo(loss / n, within(1e-9));
            assertThat(result.brier()).isCloseTo(brier / n, within(1e-12));
            assertThat(areaUnder(result.roc())).isCloseTo(naiveAuc(scores, labels), within(0.01));
        }
    }

    @Test
    void aWindowIsScoredAsIfItWereAlone() {
        Random random = DistancesTest.seeded("windows");
        PerformanceMonitor all = new PerformanceMonitor();
        PerformanceMonitor[] alone = {new PerformanceMonitor(), new PerformanceMonitor(), new PerformanceMonitor()};
        for (int i = 0; i < 3_000; i++) {
            int day = random.nextInt(3);
            double score = random.nextDouble();
            boolean label = random.nextDouble() < score;
            all.add(START + day * DAY + i, score, label);
            alone[day].add(START + day * DAY + i, score, label);
        }
        List<PerformanceResult.Window> windows = all.result(DAILY).windows();
        assertThat(windows).hasSize(3);
        for (int day = 0; day < 3; day++) {
            assertThat(windows.get(day))
                    .isEqualTo(alone[day].result(DAILY).windows().get(0));
            assertThat(windows.get(day).auc())
                    .isEqualTo(alone[day].result(DAILY).auc());
            assertThat(windows.get(day).fromMicros()).isEqualTo(START + day * DAY);
        }
    }

    @Test
    void oneClassHasNoAucAndSaysSo() {
        PerformanceMonitor monitor = new PerformanceMonitor();
        monitor.add(START, 0.2, false);
        monitor.add(START + 1, 0.3, false);
        monitor.add(START + DAY, 0.4, true);
        PerformanceResult result = monitor.result(DAILY);
        assertThat(result.auc()).isEqualTo(1);
        assertThat(result.note()).isNull();
        assertThat(result.windows().get(0).auc()).isNull();
        assertThat(result.windows().get(0).note()).isEqualTo("Every label is negative, so there is no AUC.");
        assertThat(result.windows().get(0).logLoss()).isPositive();
        assertThat(result.windows().get(1).note()).isEqualTo("Every label is positive, so there is no AUC.");
    }

    @Test
    void nothingIsSaidAsNothing() {
        PerformanceMonitor monitor = new PerformanceMonitor();
        monitor.addUnlabelled(7);
        PerformanceResult result = monitor.result(DAILY);
        assertThat(result.note()).isEqualTo("No prediction has a label.");
        assertThat(result.auc()).isNull();
        assertThat(result.logLoss()).isNull();
        assertThat(result.baseRate()).isNull();
        assertThat(result.unlabelled()).isEqualTo(7);
    }

    @Test
    void theAucsStandardErrorIsWhatResamplingShows() {
        Random random = DistancesTest.seeded("hanley");
        int rounds = 500;
        double sum = 0;
        double squares = 0;
        double stated = 0;
        for (int r = 0; r < rounds; r++) {
            PerformanceMonitor monitor = new PerformanceMonitor();
            for (int i = 0; i < 400; i++) {
                boolean label = i % 4 == 0;
                double z = random.nextGaussian() + (label ? 1 : 0);
                monitor.add(START, 1 / (1 + Math.exp(-z)), label);
            }
            PerformanceResult result = monitor.result(DAILY);
            Double auc = result.auc();
            Double error = result.aucStandardError();
            assertThat(auc).isNotNull();
            assertThat(error).isNotNull();
            sum += auc;
            squares += auc * auc;
            stated += error;
        }
        double observed = Math.sqrt(squares / rounds - Math.pow(sum / rounds, 2));
        assertThat(stated / rounds).isCloseTo(observed, within(0.15 * observed));
    }

    @Test
    void calibrationBinsHoldTheirRowsAndContainTheTruthOfACalibratedModel() {
        Random random = DistancesTest.seeded("calibration");
        PerformanceMonitor monitor = new PerformanceMonitor();
        for (int i = 0; i < 20_000; i++) {
            double p = random.nextDouble();
            monitor.add(START, p, random.nextDouble() < p);
        }
        monitor.add(START, 1, true);
        List<PerformanceResult.CalibrationBin> bins = monitor.result(DAILY).calibration();
        assertThat(bins).hasSize(10);
        assertThat(bins.stream()
                        .mapToLong(PerformanceResult.CalibrationBin::rows)
                        .sum())
                .isEqualTo(20_001);
        assertThat(bins).allSatisfy(bin -> {
            assertThat(bin.meanPrediction()).isBetween(bin.from(), bin.to());
            assertThat(bin.observedRate()).isBetween(bin.low(), bin.high());
        });
        long covered = bins.stream()
                .filter(b -> b.low() <= b.meanPrediction() && b.meanPrediction() <= b.high())
                .count();
        assertThat(covered).isGreaterThanOrEqualTo(8);
    }

    @Test
    void aModelBelowItsFloorBreachesAfterTwoOfThreeDaysAndAGoodOneIsSaidToHold() {
        PerformancePolicy policy =
                new PerformancePolicy(0.7, Persistence.ofDefaults().every(DAILY).when(2, 3));
        List<Verdict> bad = PerformanceMonitor.verdicts(days(1.2, 0.1, 0.1), policy);
        assertThat(bad).hasSize(1);
        assertThat(bad.get(0).state()).isEqualTo(Verdict.State.BREACH);
        assertThat(bad.get(0).fromMicros()).isEqualTo(START + DAY);
        assertThat(bad.get(0).sentence()).startsWith("The live AUC fell below 0.700 from 6 Mar 2001 to 7 Mar 2001");
        List<Verdict> good = PerformanceMonitor.verdicts(days(1.2, 1.2, 1.2), policy);
        assertThat(good).extracting(Verdict::state).containsExactly(Verdict.State.OK);
        assertThat(PerformanceMonitor.verdicts(days(0.1, 0.1), PerformancePolicy.ofDefaults()))
                .isEmpty();
    }

    @Test
    void twoMillionPredictionsAreScored() {
        PerformanceMonitor monitor = new PerformanceMonitor();
        int n = 2_000_000;
        for (int i = 0; i < n; i++) {
            monitor.add(START + i * (30 * DAY / n), i % 1_000 / 1_000.0, i % 1_000 >= 500);
        }
        PerformanceResult result = monitor.result(TimeWindows.days(7));
        assertThat(result.auc()).isEqualTo(1);
        assertThat(result.rows()).isEqualTo(n);
        assertThat(result.windows().stream()
                        .mapToLong(PerformanceResult.Window::rows)
                        .sum())
                .isEqualTo(n);
    }

    @Test
    void whatIsNoProbabilityIsRefused() {
        PerformanceMonitor monitor = new PerformanceMonitor();
        for (double bad : new double[] {-0.1, 1.1, Double.NaN}) {
            DriftMonitorTest.assertRefused(() -> monitor.add(START, bad, true));
        }
    }

    private static PerformanceResult days(double... separations) {
        Random random = DistancesTest.seeded("days");
        PerformanceMonitor monitor = new PerformanceMonitor();
        for (int day = 0; day < separations.length; day++) {
            for (int i = 0; i < 1_000; i++) {
                boolean label = i % 3 == 0;
                double z = random.nextGaussian() + (label ? separations[day] : 0);
                monitor.add(START + day * DAY + i, 1 / (1 + Math.exp(-z)), label);
            }
        }
        return monitor.result(DAILY);
    }

    private static double naiveAuc(double[] scores, boolean[] labels) {
        double wins = 0;
        long pairs = 0;
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < scores.length; j++) {
                if (labels[i] && !labels[j]) {
                    pairs++;
                    wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        return wins / pairs;
    }

    private static double areaUnder(List<PerformanceResult.RocPoint> roc) {
        double area = 0;
        for (int i = 1; i < roc.size(); i++) {
            double width = roc.get(i).falsePositiveRate() - roc.get(i - 1).falsePositiveRate();
            area += width * (roc.get(i).truePositiveRate() + roc.get(i - 1).truePositiveRate()) / 2;
        }
        return area;
    }
}
