package dev.isobar.features.exact;

import java.math.BigInteger;

/**
 * The sample variance from exact moments. Stateless.
 *
 * @since 0.1
 */
public final class Moments {
    private static final long EXACT = 1L << 53;

    private Moments() {}

    /**
     * The standard deviation with ddof 1: {@code (n·Σx² − (Σx)²) / (n(n−1))} rounded once, then the square root, which IEEE rounds correctly.
     *
     * @param n at least 2
     * @param sum Σx in units of 2^exponent
     * @param squares Σx² in units of 2^(2·exponent)
     */
    public static double deviation(long n, BigInteger sum, BigInteger squares, int exponent) {
        BigInteger count = BigInteger.valueOf(n);
        BigInteger spread = squares.multiply(count).subtract(sum.multiply(sum));
        return Math.sqrt(Rounding.ratio(spread, count.multiply(BigInteger.valueOf(n - 1)), 2 * exponent));
    }

    /** The same where Σx and Σx² fit 64 bits; allocation-free where the terms fit 53 bits. */
    public static double deviation(long n, long sum, long squares) {
        long pairs = n * (n - 1);
        if (n < 1L << 26
                && Math.multiplyHigh(squares, n) == 0
                && Math.multiplyHigh(sum, sum) == 0
                && squares * n >= 0
                && sum * sum >= 0) {
            long spread = squares * n - sum * sum;
            if (spread <= EXACT) {
                return Math.sqrt((double) spread / (double) pairs);
            }
        }
        return deviation(n, BigInteger.valueOf(sum), BigInteger.valueOf(squares), 0);
    }
}
