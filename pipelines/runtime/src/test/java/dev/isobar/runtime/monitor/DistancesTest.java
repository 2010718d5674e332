package dev.isobar.runtime.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DistancesTest {
    private static final long SEED = 20260101L;

    @Test
    void psiOfTwoBinsIsTheClosedForm() {
        // shares 0.5/0.5 and 0.25/0.75: (−0.25)·ln(0.5) + 0.25·ln(1.5) = 0.25·ln 3
        long many = 1_000_000_000L;
        assertThat(Distances.psi(new long[] {many, many}, new long[] {many, 3 * many}))
                .isCloseTo(0.25 * Math.log(3), within(1e-8));
        assertThat(Distances.psi(new long[] {10, 20}, new long[] {10, 20})).isZero();
    }

    @Test
    void psiIsSymmetricFiniteForEmptyBinsAndIgnoresBinsEmptyOnBothSides() {
        long[] a = {10, 0, 30};
        long[] b = {0, 5, 35};
        assertThat(Distances.psi(a, b)).isFinite().isPositive().isCloseTo(Distances.psi(b, a), within(1e-15));
        assertThat(Distances.psi(new long[] {10, 0, 0, 30}, new long[] {0, 5, 0, 35}))
                .isEqualTo(Distances.psi(a, b));
    }

    @Test
    void anEmptySideHasNoDistance() {
        assertThat(Distances.psi(new long[2], new long[] {1, 2})).isNaN();
        assertThat(Distances.psiPValue(new long[] {1, 2}, new long[2])).isNaN();
        assertThat(Distances.jensenShannon(new long[2], new long[] {1, 2})).isNaN();
        assertThat(Distances.wasserstein(new double[0], new double[] {1})).isNaN();
    }

    @Test
    void psiPValueWithThreeBinsIsTheExponentialThatChiSquareWithTwoDegreesIs() {
        long[] r = {1_000, 1_000, 1_000};
        long[] c = {480, 500, 520};
        double statistic = Distances.psi(r, c) / (1.0 / 3_000 + 1.0 / 1_500);
        assertThat(Distances.psiPValue(r, c)).isCloseTo(Math.exp(-statistic / 2), within(1e-12));
    }

    @Test
    void binsThatAreNearlyEmptyShareOneBinForThePValue() {
        long[] r = {1_000, 1_000, 2, 1, 0};
        long[] c = {1_000, 1_000, 0, 1, 2};
        assertThat(Distances.psiPValue(r, c))
                .isEqualTo(Distances.psiPValue(new long[] {1_000, 1_000, 3}, new long[] {1_000, 1_000, 3}));
    }

    @Test
    void oneBinCannotDrift() {
        assertThat(Distances.psiPValue(new long[] {100}, new long[] {50})).isEqualTo(1);
    }

    @Test
    void jensenShannonIsZeroForEqualAndOneForDisjointShares() {
        assertThat(Distances.jensenShannon(new long[] {5, 10}, new long[] {50, 100}))
                .isCloseTo(0, within(1e-9));
        assertThat(Distances.jensenShannon(new long[] {5, 0}, new long[] {0, 7}))
                .isCloseTo(1, within(1e-12));
        // {1, 0} against {1/2, 1/2}: divergence ½·log2(4/3) + ½·(½·log2(2/3) + ½·log2 2)
        double divergence = 0.5 * log2(4.0 / 3) + 0.5 * (0.5 * log2(2.0 / 3) + 0.5);
        assertThat(Distances.jensenShannon(new long[] {2, 0}, new long[] {1, 1}))
                .isCloseTo(Math.sqrt(divergence), within(1e-12));
    }

    @Test
    void kolmogorovSmirnovAndWassersteinEqualTheirNaiveTwins() {
        Random random = seeded("twins");
        for (int round = 0; round < 300; round++) {
            boolean ties = random.nextBoolean();
            DoubleSupplier values = () -> ties ? random.nextInt(6) : random.nextGaussian();
            double[] x = sample(1 + random.nextInt(40), values);
            double[] y = sample(1 + random.nextInt(40), values);
            assertThat(Distances.kolmogorovSmirnov(x, y)).isCloseTo(naiveKs(x, y), within(1e-12));
            assertThat(Distances.wasserstein(x, y)).isCloseTo(naiveWasserstein(x, y), within(1e-9));
        }
    }

    @Test
    void wassersteinOfAShiftIsTheShift() {
        Random random = seeded("shift");
        double[] x = sample(500, random::nextGaussian);
        double[] y = Arrays.stream(x).map(v -> v + 2.5).toArray();
        assertThat(Distances.wasserstein(x, y)).isCloseTo(2.5, within(1e-9));
        assertThat(Distances.wasserstein(x, x)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1.2238, 0.10", "1.3581, 0.05", "1.6276, 0.01", "1.9495, 0.001"})
    void kolmogorovsLimitHasTheCriticalValuesOfTheTables(double lambda, double p) {
        long n = 200_000_000L; // large enough for the correction to vanish
        double root = Math.sqrt(n / 2.0);
        assertThat(Distances.kolmogorovSmirnovPValue(lambda / root, n, n)).isCloseTo(p, within(p * 0.002));
    }

    @ParameterizedTest
    @CsvSource({"40, 60", "500, 100", "2000, 2000"})
    void kolmogorovSmirnovIsCalibratedWithoutDrift(int n, int m) {
        Random random = seeded("ks " + n + " " + m);
        int rounds = 2_000;
        int below5 = 0;
        int below50 = 0;
        for (int i = 0; i < rounds; i++) {
            double[] x = sample(n, random::nextGaussian);
            double[] y = sample(m, random::nextGaussian);
            double p = Distances.kolmogorovSmirnovPValue(Distances.kolmogorovSmirnov(x, y), n, m);
            below5 += p < 0.05 ? 1 : 0;
            below50 += p < 0.5 ? 1 : 0;
        }
        assertThat(below5 / (double) rounds).isBetween(0.03, 0.066);
        assertThat(below50 / (double) rounds).isBetween(0.43, 0.56);
    }

    @Test
    void countsOverDifferentBinsAreRefused() {
        assertThatThrownBy(() -> Distances.psi(new long[2], new long[3]))
                .isInstanceOfSatisfying(
                        IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    static Random seeded(String what) {
        long seed = SEED + what.hashCode();
        System.out.println("seed of " + what + ": " + seed);
        return new Random(seed);
    }

    private static double[] sample(int n, DoubleSupplier values) {
        return DoubleStream.generate(values).limit(n).sorted().toArray();
    }

    private static double naiveKs(double[] x, double[] y) {
        double largest = 0;
        for (double at : DoubleStream.concat(Arrays.stream(x), Arrays.stream(y)).toArray()) {
            largest = Math.max(largest, Math.abs(share(x, at) - share(y, at)));
        }
        return largest;
    }

    private static double naiveWasserstein(double[] x, double[] y) {
        double[] all =
                DoubleStream.concat(Arrays.stream(x), Arrays.stream(y)).sorted().toArray();
        double sum = 0;
        for (int i = 1; i < all.length; i++) {
            sum += (all[i] - all[i - 1]) * Math.abs(share(x, all[i - 1]) - share(y, all[i - 1]));
        }
        return sum;
    }

    private static double share(double[] values, double at) {
        return Arrays.stream(values).filter(v -> v <= at).count() / (double) values.length;
    }

    private static double log2(double x) {
        return Math.log(x) / Math.log(2);
    }
}
