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
    void momentsOfIntegersAreExactWhateverWasTakenOutAgain() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            int bits = 1 + random.nextInt(random.nextBoolean() ? 20 : 47);
            int n = 2 + random.nextInt(random.nextInt(20) == 0 ? 3_000 : 12);
            long[] moments = new long[IntegerMoments.WORDS + 1];
            BigInteger sum = BigInteger.ZERO;
            BigInteger squares = BigInteger.ZERO;
            long shift = random.nextBoolean() ? random.nextLong() >> 64 - bits : 0;
            for (int i = 0; i < n; i++) {
                long v = random.nextInt(3) == 0 ? shift : random.nextLong() >> 64 - bits;
                assertThat(IntegerMoments.squareFits(v)).isTrue();
                IntegerMoments.add(moments, 1, v);
                IntegerMoments.addSquare(moments, 1, v);
                long gone = random.nextLong() >> 64 - bits;
                IntegerMoments.add(moments, 1, gone);
                IntegerMoments.addSquare(moments, 1, gone);
                IntegerMoments.subtract(moments, 1, gone);
                IntegerMoments.subtractSquare(moments, 1, gone);
                sum = sum.add(BigInteger.valueOf(v));
                squares = squares.add(BigInteger.valueOf(v).pow(2));
            }
            assertThat(IntegerMoments.bigSum(moments, 1)).as("seed %s", seed).isEqualTo(sum);
            assertThat(IntegerMoments.bigSquares(moments, 1))
                    .as("seed %s", seed)
                    .isEqualTo(squares);
            same(IntegerMoments.sum(moments, 1), Rounding.ratio(sum, BigInteger.ONE, 0), seed);
            same(IntegerMoments.mean(moments, 1, n), Rounding.ratio(sum, BigInteger.valueOf(n), 0), seed);
            same(IntegerMoments.deviation(moments, 1, n), IntegerMoments.deviation(n, sum, squares, 0), seed);
        }
    }

    @Test
    void sumsOfIntegersBeyond64BitsAreKept() {
        long[] moments = new long[IntegerMoments.WORDS];
        for (int i = 0; i < 3; i++) {
            IntegerMoments.add(moments, 0, Long.MIN_VALUE);
        }
        IntegerMoments.subtract(moments, 0, Long.MAX_VALUE);
        assertThat(IntegerMoments.bigSum(moments, 0))
                .isEqualTo(BigInteger.valueOf(Long.MIN_VALUE)
                        .multiply(BigInteger.valueOf(3))
                        .subtract(BigInteger.valueOf(Long.MAX_VALUE)));
        assertThat(IntegerMoments.sum(moments, 0)).isEqualTo(-0x1p65);
    }

    @Test
    void momentsOfDoublesAreExactWhateverWasTakenOutAgain() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            int n = 2 + random.nextInt(random.nextInt(20) == 0 ? 3_000 : 12);
            int kind = random.nextInt(5);
            long[] moments = new long[FloatMoments.WORDS + 1];
            BigDecimal sum = BigDecimal.ZERO;
            BigDecimal squares = BigDecimal.ZERO;
            double before = 0;
            for (int i = 0; i < n; i++) {
                double v = random.nextInt(4) == 0 ? before : fitting(random, kind);
                double gone = fitting(random, random.nextInt(5));
                long bits = Double.doubleToRawLongBits(v);
                FloatMoments.add(moments, 1, bits, 1, true);
                FloatMoments.add(moments, 1, Double.doubleToRawLongBits(gone), 1, true);
                FloatMoments.add(moments, 1, Double.doubleToRawLongBits(gone), -1, true);
                sum = sum.add(new BigDecimal(v));
                squares = squares.add(new BigDecimal(v).pow(2));
                before = v;
            }
            BigInteger s = sum.multiply(new BigDecimal(BigInteger.TWO.pow(64))).toBigIntegerExact();
            BigInteger q =
                    squares.multiply(new BigDecimal(BigInteger.TWO.pow(128))).toBigIntegerExact();
            assertThat(FloatMoments.bigSum(moments, 1)).as("seed %s", seed).isEqualTo(s);
            assertThat(FloatMoments.bigSquares(moments, 1)).as("seed %s", seed).isEqualTo(q);
            same(FloatMoments.mean(moments, 1, 1), Rounding.ratio(s, BigInteger.ONE, -64), seed);
            same(FloatMoments.mean(moments, 1, n), Rounding.ratio(s, BigInteger.valueOf(n), -64), seed);
            same(FloatMoments.deviation(moments, 1, n), IntegerMoments.deviation(n, s, q, -64), seed);
        }
    }

    private static double fitting(Random random, int kind) {
        while (true) {
            double v = switch (kind) {
                case 0 -> Math.rint(random.nextGaussian() * 1e4) / 100;
                case 1 -> random.nextInt(2000) - 1000;
                case 2 -> (random.nextBoolean() ? -1 : 1) * Math.scalb(1.0, random.nextInt(111) - 64);
                case 3 -> random.nextInt(3) == 0 ? -0.0 : Math.scalb((double) random.nextInt(1 << 20), -64);
                default ->
                    Double.longBitsToDouble(
                            (random.nextLong() & 0x800f_ffff_ffff_ffffL) | (long) (1005 + random.nextInt(65)) << 52);
            };
            if (FloatMoments.fit(Double.doubleToRawLongBits(v))) {
                return v;
            }
        }
    }

    @Test
    void whatFitsTheFixedPointIsSaidExactly() {
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(0x1p-64))).isTrue();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(0x1p-65))).isFalse();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(0x1.8p-64))).isFalse();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(-Math.nextDown(0x1p47))))
                .isTrue();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(0x1p47))).isFalse();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(Double.NaN))).isFalse();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY)))
                .isFalse();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(-0.0))).isTrue();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(Double.MIN_VALUE)))
                .isFalse();
        assertThat(FloatMoments.fit(Double.doubleToRawLongBits(0.1))).isTrue();
    }

    @Test
    void theShortDivisionAgreesWithTheLongOneOrLeavesItOpen() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int open = 0;
        for (int round = 0; round < 200_000; round++) {
            long high = random.nextInt(3) == 0 ? 0 : random.nextLong() >>> random.nextInt(64);
            long low = random.nextLong() >>> (random.nextBoolean() ? 0 : random.nextInt(64));
            long den = 1 + (random.nextLong() >>> 11 + random.nextInt(53));
            if (random.nextInt(4) == 0) {
                // the middle between two doubles, or next to it
                BigInteger middle = BigInteger.valueOf((1L << 53 | random.nextLong() >>> 12) * 2 + 1);
                BigInteger n = middle.multiply(BigInteger.valueOf(den)).add(BigInteger.valueOf(random.nextInt(3) - 1));
                high = n.shiftRight(64).longValue();
                low = n.longValue();
            }
            double q = Rounding.quotient(high, low, -3, den);
            if (Double.isNaN(q)) {
                open++;
                continue;
            }
            BigInteger n = IntegerMoments.unsigned(high).shiftLeft(64).or(IntegerMoments.unsigned(low));
            same(q, Rounding.ratio(n, BigInteger.valueOf(den), -3), seed);
        }
        assertThat(open).as("left open, seed %s", seed).isBetween(1, 60_000);
    }

    private static void same(double actual, double expected, long seed) {
        assertThat(Double.doubleToRawLongBits(actual))
                .as("seed %s: %s, expected %s", seed, actual, expected)
                .isEqualTo(Double.doubleToRawLongBits(expected));
    }
}
