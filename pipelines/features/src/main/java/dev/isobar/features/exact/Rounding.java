package dev.isobar.features.exact;

import java.math.BigInteger;

/**
 * Exact numbers to binary64, rounded once, to nearest, ties to even. Zero is +0.0; beyond the largest finite double it is an infinity. Stateless.
 *
 * @since 0.1
 */
public final class Rounding {
    private static final long EXACT = 1L << 53;
    private static final long MIDDLE = 1L << 62;
    private static final double REST_ERROR = 0x1p-48;
    private static final int MIN_ULP_EXPONENT = -1074;
    private static final long EXPONENT = 0x7ff0_0000_0000_0000L;
    private static final double NEARLY_ONE = 1 - 0x1p-40;

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

    /** The double nearest to a quotient of integers; the denominator is positive. */
    public static double ratio(long numerator, long denominator) {
        if (numerator >= -EXACT && numerator <= EXACT && denominator <= EXACT) {
            // Both are doubles, and IEEE division rounds once. 0/n is +0.0.
            return (double) numerator / (double) denominator;
        }
        if (numerator > -MIDDLE && numerator < MIDDLE && denominator <= EXACT) {
            double near = nearly(numerator, denominator);
            if (!Double.isNaN(near)) {
                return near;
            }
        }
        double magnitude = quotient(0, Math.abs(numerator), 0, denominator);
        if (!Double.isNaN(magnitude)) {
            return numerator < 0 ? -magnitude : magnitude;
        }
        return ratio(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator), 0);
    }

    // The quotient and the rest that it leaves (Dekker 1971), which is known to a few units in its last place: if both
    // ends of what it can be round
    // alike, this is the nearest double (Ziv 1991). NaN if they do not.
    private static double nearly(long numerator, long denominator) {
        double high = (double) numerator;
        double low = (double) (numerator - (long) high);
        double divisor = (double) denominator;
        double quotient = high / divisor;
        double rest = (Math.fma(-quotient, divisor, high) + low) / divisor;
        double error = Math.abs(rest) * REST_ERROR;
        double from = quotient + (rest - error);
        double to = quotient + (rest + error);
        return from == to ? from : Double.NaN;
    }

    /**
     * The double nearest to {@code (high·2^64 + low) · 2^exponent / denominator}, or NaN where this short way cannot decide. Allocation-free.
     *
     * <p>The quotient is computed to about 104 bits, as a double and the rest that it leaves (Dekker 1971); only a value that lies this close to the middle
     * between two doubles is left open (Ziv 1991).
     *
     * @param high upper half of an unsigned integer
     * @param low lower half
     * @param exponent so that the result is far from subnormal numbers and from overflow
     * @param denominator positive
     */
    static double quotient(long high, long low, int exponent, long denominator) {
        if (denominator > EXACT) {
            return Double.NaN;
        }
        long upper = high;
        long lower = low;
        int scale = exponent + 64;
        if (upper == 0) {
            upper = lower;
            lower = 0;
            scale -= 64;
        }
        if (upper == 0) {
            return 0.0;
        }
        int shift = Long.numberOfLeadingZeros(upper);
        if (shift > 0) {
            upper = upper << shift | lower >>> 64 - shift;
            lower <<= shift;
            scale -= shift;
        }
        // 53 bits, and 53 bits below them; what is cut off is below 2^-106 of the whole
        double first = (double) (upper >>> 11);
        double second = (double) ((upper & 0x7ff) << 42 | lower >>> 22) * 0x1p-53;
        double divisor = (double) denominator;
        double quotient = first / divisor;
        double rest = (Math.fma(-quotient, divisor, first) + second) / divisor;
        double sum = quotient + rest;
        double error = Math.abs(rest - (sum - quotient));
        long bits = Double.doubleToRawLongBits(sum);
        double half = Double.longBitsToDouble((bits & EXPONENT) - (53L << 52));
        if (error > half * NEARLY_ONE || ((bits & ~EXPONENT) == 0 && error > 0.25 * half)) {
            return Double.NaN;
        }
        return Double.longBitsToDouble(bits + ((long) (scale + 11) << 52));
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
