package dev.isobar.features.exact;

import java.math.BigInteger;

/**
 * Exact numbers to binary64, rounded once, to nearest, ties to even. Zero is +0.0; beyond the largest finite double it is an infinity. Stateless.
 *
 * @since 0.1
 */
public final class Rounding {
    private static final long EXACT = 1L << 53;
    private static final int MIN_ULP_EXPONENT = -1074;

    private Rounding() {}

    /** The double nearest to {@code numerator · 2^exponent / denominator}; the denominator is positive. */
    public static double ratio(BigInteger numerator, BigInteger denominator, int exponent) {
        if (numerator.signum() == 0) {
            return 0.0;
        }
        BigInteger magnitude = numerator.abs();
        // The quotient lies in [2^top, 2^(top+2)): two guard bits and the remainder as a sticky bit decide every
        // rounding.
        int top = magnitude.bitLength() - denominator.bitLength() - 1 + exponent;
        int unit = Math.max(top - 52, MIN_ULP_EXPONENT) - 2;
        int shift = exponent - unit;
        BigInteger[] q = shift >= 0
                ? magnitude.shiftLeft(shift).divideAndRemainder(denominator)
                : magnitude.divideAndRemainder(denominator.shiftLeft(-shift));
        long bits = q[0].longValueExact() << 1 | (q[1].signum() == 0 ? 0 : 1);
        double rounded = scaled(bits, unit - 1);
        // What rounds to zero from below is +0.0 as well: one zero.
        return numerator.signum() < 0 && rounded != 0 ? -rounded : rounded;
    }

    /** The double nearest to a quotient of integers; the denominator is positive. Allocation-free where both fit 53 bits. */
    public static double ratio(long numerator, long denominator) {
        if (numerator >= -EXACT && numerator <= EXACT && denominator <= EXACT) {
            // Both are doubles, and IEEE division rounds once. 0/n is +0.0.
            return (double) numerator / (double) denominator;
        }
        return ratio(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator), 0);
    }

    /** The double nearest to {@code m · 2^exponent}, {@code 0 ≤ m < 2^62}. */
    static double scaled(long m, int exponent) {
        if (m == 0) {
            return 0.0;
        }
        int top = exponent + 63 - Long.numberOfLeadingZeros(m);
        if (top > Double.MAX_EXPONENT) {
            return Double.POSITIVE_INFINITY;
        }
        int ulp = Math.max(top - 52, MIN_ULP_EXPONENT);
        int drop = ulp - exponent;
        long kept = m;
        if (drop > 62) {
            return 0.0;
        }
        if (drop > 0) {
            long rest = m & ((1L << drop) - 1);
            long half = 1L << (drop - 1);
            kept = m >>> drop;
            if (rest > half || (rest == half && (kept & 1) != 0)) {
                kept++;
            }
            return Math.scalb((double) kept, ulp);
        }
        return Math.scalb((double) kept, exponent);
    }
}
