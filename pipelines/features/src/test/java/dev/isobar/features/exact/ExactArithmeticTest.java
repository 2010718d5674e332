package dev.isobar.features.exact;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExactArithmeticTest {
    private static final double[] EXTREMES = {
        0.0,
        -0.0,
        Double.MIN_VALUE,
        -Double.MIN_VALUE,
        Double.MIN_NORMAL,
        -Double.MIN_NORMAL,
        Math.nextDown(Double.MIN_NORMAL),
        Double.MAX_VALUE,
        -Double.MAX_VALUE,
        Math.nextDown(Double.MAX_VALUE),
        1.0,
        -1.0,
        0.1,
        -0.1,
        1e308,
        -1e308,
        0x1p53,
        0x1p53 + 2,
        0x1p-1022,
        0x1p-537,
        0x1p-538,
        0x1p512,
        1.0 + 0x1p-52
    };

    private static double any(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> EXTREMES[random.nextInt(EXTREMES.length)];
            case 1 -> random.nextGaussian() * 1000;
            case 2 -> random.nextInt(200) - 100;
            default -> {
                double d;
                do {
                    d = Double.longBitsToDouble(random.nextLong());
                } while (!Double.isFinite(d));
                yield d;
            }
        };
    }

    private static double rounded(BigDecimal exact) {
        return exact.signum() == 0 ? 0.0 : exact.doubleValue();
    }

    @Test
    void aSumIsTheExactSumRoundedOnce() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        ExactAccumulator sum = ExactAccumulator.ofValues();
        for (int round = 0; round < 600; round++) {
            sum.clear();
            BigDecimal exact = BigDecimal.ZERO;
            int n = 1 + random.nextInt(30);
            for (int i = 0; i < n; i++) {
                double v = any(random);
                sum.add(v);
                exact = exact.add(new BigDecimal(v));
                // asked in between, as windows do: asking must not change what follows
                assertThat(Double.doubleToRawLongBits(sum.sum()))
                        .as("seed %s round %s", seed, round)
                        .isEqualTo(Double.doubleToRawLongBits(rounded(exact)));
            }
        }
    }

    @Test
    void aSumOfSquaresLosesNothing() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        ExactAccumulator squares = ExactAccumulator.ofSquares();
        for (int round = 0; round < 250; round++) {
            squares.clear();
            BigDecimal exact = BigDecimal.ZERO;
            for (int i = random.nextInt(20); i >= 0; i--) {
                double v = any(random);
                squares.addSquare(v);
                exact = exact.add(new BigDecimal(v).pow(2));
            }
            BigDecimal unit = BigDecimal.ONE.divide(new BigDecimal(BigInteger.TWO.pow(2148)));
            assertThat(new BigDecimal(squares.units()).multiply(unit))
                    .as("seed %s", seed)
                    .isEqualByComparingTo(exact);
        }
    }

    @Test
    void cancellationAndZerosGivePositiveZero() {
        ExactAccumulator sum = ExactAccumulator.ofValues();
        sum.add(-0.0);
        assertThat(Double.doubleToRawLongBits(sum.sum())).isZero();
        sum.add(Double.MAX_VALUE);
        sum.add(Double.MIN_VALUE);
        sum.add(-Double.MAX_VALUE);
        assertThat(sum.sum()).isEqualTo(Double.MIN_VALUE);
        sum.add(-Double.MIN_VALUE);
        assertThat(Double.doubleToRawLongBits(sum.sum())).isZero();
    }

    @Test
    void aSumBeyondTheLargestDoubleIsAnInfinityOnlyIfItRoundsToOne() {
        ExactAccumulator sum = ExactAccumulator.ofValues();
        sum.add(Double.MAX_VALUE);
        sum.add(Math.ulp(Double.MAX_VALUE) / 4);
        assertThat(sum.sum()).isEqualTo(Double.MAX_VALUE);
        sum.add(Math.ulp(Double.MAX_VALUE) / 4);
        assertThat(sum.sum()).isEqualTo(Double.POSITIVE_INFINITY);
        sum.add(-Double.MAX_VALUE);
        assertThat(sum.sum()).isEqualTo(Math.ulp(Double.MAX_VALUE) / 2);
    }

    @Test
    void manyAdditionsOfOneSignKeepTheirCarries() {
        ExactAccumulator sum = ExactAccumulator.ofValues();
        double v = Math.nextDown(2.0);
        int n = 1 << 20;
        for (int i = 0; i < n; i++) {
            sum.add(-v);
        }
        assertThat(sum.sum()).isEqualTo(-v * n);
    }

    @Test
    void aQuotientIsTheNearestDouble() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            BigInteger num = new BigInteger(1 + random.nextInt(300), random);
            BigInteger den = new BigInteger(1 + random.nextInt(70), random).add(BigInteger.ONE);
            int exponent = random.nextInt(5) == 0 ? -1074 - random.nextInt(200) : random.nextInt(400) - 200;
            assertNearest(num, den, exponent, seed);
        }
        for (long halves = 1; halves < 40; halves++) {
            assertNearest(BigInteger.valueOf(halves), BigInteger.TWO, -1074, seed);
            assertNearest(BigInteger.valueOf((1L << 53) + halves), BigInteger.ONE, 3, seed);
            assertNearest(BigInteger.valueOf((1L << 54) + halves), BigInteger.ONE, -1075, seed);
        }
    }

    private static void assertNearest(BigInteger num, BigInteger den, int exponent, long seed) {
        double r = Rounding.ratio(num, den, exponent);
        assertThat(Rounding.ratio(num.negate(), den, exponent)).isEqualTo(r == 0 ? 0.0 : -r);
        if (Double.isInfinite(r)) {
            return;
        }
        // num·2^exponent/den against r and its neighbours, all times den
        BigDecimal two = new BigDecimal(2);
        BigDecimal scale = exponent >= 0 ? two.pow(exponent) : BigDecimal.ONE.divide(two.pow(-exponent));
        BigDecimal exact = new BigDecimal(num).multiply(scale);
        BigDecimal d = new BigDecimal(den);
        BigDecimal error = exact.subtract(new BigDecimal(r).multiply(d)).abs();
        for (double other : new double[] {Math.nextUp(r), Math.nextDown(r)}) {
            if (Double.isInfinite(other)) {
                continue;
            }
            int c = error.compareTo(
                    exact.subtract(new BigDecimal(other).multiply(d)).abs());
            assertThat(c).as("seed %s: %s·2^%s/%s", seed, num, exponent, den).isLessThanOrEqualTo(0);
            if (c == 0) {
                assertThat(Double.doubleToRawLongBits(r) & 1)
                        .as("ties go to even")
                        .isZero();
            }
        }
    }

    @Test
    void deviationsOfLongsAgreeWithTheWidePath() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            int n = 2 + random.nextInt(50);
            int bits = 1 + random.nextInt(27);
            long sum = 0;
            long squares = 0;
            for (int i = 0; i < n; i++) {
                long v = random.nextLong() >> 64 - bits;
                sum += v;
                squares += v * v;
            }
            assertThat(Moments.deviation(n, sum, squares))
                    .as("seed %s", seed)
                    .isEqualTo(Moments.deviation(n, BigInteger.valueOf(sum), BigInteger.valueOf(squares), 0));
        }
    }
}
