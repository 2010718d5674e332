package dev.isobar.benchmarks.workload;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * Quotients of integers rounded once to the nearest double, as fast as we know how; the common library of the hand-written competitors. It shares no
 * code with the kernel, or a mistake in one would hide in the other.
 */
public final class Exact {
    private static final long DOUBLE_EXACT = 1L << 53;

    /** Relative bound of the error of the second quotient digit, with room: it is a few units of 2⁻⁵³. */
    private static final double SLACK = 0x1p-48;

    private Exact() {}

    /** The double nearest to {@code numerator / denominator}; the denominator is positive and below 2⁵³. */
    public static double ratio(long numerator, long denominator) {
        if (numerator <= DOUBLE_EXACT && numerator >= -DOUBLE_EXACT) {
            // Both are doubles, and IEEE division rounds once.
            return (double) numerator / (double) denominator;
        }
        if (numerator >= 1L << 62 || numerator <= -(1L << 62)) {
            return big(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
        }
        double high = (double) numerator;
        double low = (double) (numerator - (long) high);
        double d = (double) denominator;
        double q = high / d;
        // The remainder of a division is a double; so the quotient is q + rest with a small, known error. If both ends
        // of that error round alike, this is the nearest double (Ziv's test).
        double rest = (Math.fma(-q, d, high) + low) / d;
        double error = Math.abs(rest) * SLACK;
        double down = q + (rest - error);
        double up = q + (rest + error);
        return down == up ? down : big(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
    }

    /** √ of the double nearest to {@code (n·Σx² − (Σx)²) / (n(n−1))}; NaN for fewer than two. {@code n} is below 2²⁶. */
    public static double deviation(long n, long sum, long squares) {
        if (n < 2) {
            return Double.NaN;
        }
        long pairs = n * (n - 1);
        long scaled = n * squares;
        if (Math.multiplyHigh(n, squares) == 0 && scaled >= 0) {
            // (Σx)² ≤ n·Σx² (Cauchy), so it fits as well.
            return Math.sqrt(ratio(scaled - sum * sum, pairs));
        }
        BigInteger total = BigInteger.valueOf(sum);
        BigInteger spread =
                BigInteger.valueOf(n).multiply(BigInteger.valueOf(squares)).subtract(total.multiply(total));
        return Math.sqrt(
                spread.bitLength() < 63
                        ? ratio(spread.longValueExact(), pairs)
                        : big(spread, BigInteger.valueOf(pairs)));
    }

    // 40 digits are far beyond a double, and doubleValue() of a decimal rounds to nearest; a quotient so near to a tie
    // that 40 digits do not tell needs a denominator beyond ours.
    private static double big(BigInteger numerator, BigInteger denominator) {
        return new BigDecimal(numerator)
                .divide(new BigDecimal(denominator), new MathContext(40))
                .doubleValue();
    }
}
