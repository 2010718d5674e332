package dev.isobar.features.exact;

import java.math.BigInteger;

/**
 * Σx and Σx² of doubles in words of an array, in fixed point: the sum in units of 2^−64, the squares in units of 2^−128, both without any rounding, for
 * values below 2^47 that are whole multiples of 2^−64; prices, durations and measurements are. Others do not {@link #fit}. What was added can be
 * subtracted again. Stateless.
 *
 * <p>{@value #WORDS} words from an offset: two of the sum, four of the squares, the lowest first.
 *
 * @since 0.1
 */
public final class FloatMoments {
    /** How many words they take. */
    public static final int WORDS = 6;

    /** The sum's unit is 2 to this power. */
    public static final int EXPONENT = -64;

    private static final int BIAS = 1075;
    private static final long FRACTION = (1L << 52) - 1;
    private static final long LOW = 0xffff_ffffL;

    private FloatMoments() {}

    /** Whether a double, given by its bits, may be added. */
    public static boolean fit(long bits) {
        int exponent = (int) (bits >>> 52) & 0x7ff;
        if (exponent >= BIAS - 52 - 11) {
            // at least 2^−11: its last bit is at 2^−63 or above
            return exponent < BIAS - 52 + 47;
        }
        long fraction = bits & FRACTION;
        if (exponent == 0) {
            return fraction == 0;
        }
        return Long.numberOfTrailingZeros(fraction | 1L << 52) + exponent - BIAS >= EXPONENT;
    }

    /** Adds a double that {@link #fit}s, or takes it out with {@code sign} −1; with its square if asked. */
    public static void add(long[] a, int at, long bits, int sign, boolean square) {
        int exponent = (int) (bits >>> 52) & 0x7ff;
        if (exponent == 0) {
            return;
        }
        long m = bits & FRACTION | 1L << 52;
        int shift = exponent - BIAS - EXPONENT;
        long low;
        long high;
        if (shift >= 0) {
            low = m << shift;
            high = shift == 0 ? 0 : m >>> 64 - shift;
        } else {
            low = m >>> -shift;
            high = 0;
        }
        boolean minus = (bits < 0) != (sign < 0);
        if (minus) {
            long s = a[at];
            a[at + 1] -= high + (Long.compareUnsigned(s, low) < 0 ? 1 : 0);
            a[at] = s - low;
        } else {
            long s = a[at] + low;
            a[at + 1] += high + (Long.compareUnsigned(s, low) < 0 ? 1 : 0);
            a[at] = s;
        }
        if (square) {
            addSquare(a, at + 2, low, high, sign);
        }
    }

    private static void addSquare(long[] a, int at, long low, long high, int sign) {
        // (h·2^64 + l)² = h²·2^128 + 2hl·2^64 + l²; h < 2^47
        long s0 = low * low;
        long s1 = multiplyHighUnsigned(low, low);
        long cross = high * low;
        long crossHigh = multiplyHighUnsigned(high, low);
        long twice = cross << 1;
        long twiceHigh = crossHigh << 1 | cross >>> 63;
        long t1 = s1 + twice;
        long carry = Long.compareUnsigned(t1, s1) < 0 ? 1 : 0;
        long h0 = high * high;
        long t2 = h0 + twiceHigh;
        long carry2 = Long.compareUnsigned(t2, h0) < 0 ? 1 : 0;
        long t3 = Math.multiplyHigh(high, high) + carry2;
        long with = t2 + carry;
        t3 += Long.compareUnsigned(with, t2) < 0 ? 1 : 0;
        if (sign < 0) {
            subtract4(a, at, s0, t1, with, t3);
        } else {
            add4(a, at, s0, t1, with, t3);
        }
    }

    private static void add4(long[] a, int at, long w0, long w1, long w2, long w3) {
        long r0 = a[at] + w0;
        long c = Long.compareUnsigned(r0, w0) < 0 ? 1 : 0;
        long r1 = a[at + 1] + w1;
        long c1 = Long.compareUnsigned(r1, w1) < 0 ? 1 : 0;
        long r1c = r1 + c;
        c1 += Long.compareUnsigned(r1c, r1) < 0 ? 1 : 0;
        long r2 = a[at + 2] + w2;
        long c2 = Long.compareUnsigned(r2, w2) < 0 ? 1 : 0;
        long r2c = r2 + c1;
        c2 += Long.compareUnsigned(r2c, r2) < 0 ? 1 : 0;
        a[at] = r0;
        a[at + 1] = r1c;
        a[at + 2] = r2c;
        a[at + 3] += w3 + c2;
    }

    private static void subtract4(long[] a, int at, long w0, long w1, long w2, long w3) {
        long a0 = a[at];
        long a1 = a[at + 1];
        long a2 = a[at + 2];
        long b = Long.compareUnsigned(a0, w0) < 0 ? 1 : 0;
        long r1 = a1 - w1;
        long b1 = Long.compareUnsigned(a1, w1) < 0 ? 1 : 0;
        b1 += Long.compareUnsigned(r1, b) < 0 ? 1 : 0;
        long r2 = a2 - w2;
        long b2 = Long.compareUnsigned(a2, w2) < 0 ? 1 : 0;
        b2 += Long.compareUnsigned(r2, b1) < 0 ? 1 : 0;
        a[at] = a0 - w0;
        a[at + 1] = r1 - b;
        a[at + 2] = r2 - b1;
        a[at + 3] -= w3 + b2;
    }

    /** The sum divided by a positive integer, rounded once. */
    public static double mean(long[] a, int at, long n) {
        long high = a[at + 1];
        long low = a[at];
        boolean negative = high < 0;
        if (negative) {
            low = -low;
            high = ~high + (low == 0 ? 1 : 0);
        }
        double magnitude = Rounding.quotient(high, low, EXPONENT, n);
        if (Double.isNaN(magnitude)) {
            return Rounding.ratio(bigSum(a, at), BigInteger.valueOf(n), EXPONENT);
        }
        return negative ? -magnitude : magnitude;
    }

    /** The standard deviation with ddof 1, see {@link IntegerMoments#deviation(long[], int, long)}. */
    public static double deviation(long[] a, int at, long n) {
        long pairs = n * (n - 1);
        if (n < 1L << 26) {
            long high = a[at + 1];
            long low = a[at];
            if (high < 0) {
                low = -low;
                high = ~high + (low == 0 ? 1 : 0);
            }
            // n·Σx² in five words
            long q0 = a[at + 2];
            long q1 = a[at + 3];
            long q2 = a[at + 4];
            long q3 = a[at + 5];
            long p0 = n * q0;
            long c0 = multiplyHighUnsigned(n, q0);
            long p1 = n * q1 + c0;
            long c1 = multiplyHighUnsigned(n, q1) + (Long.compareUnsigned(p1, c0) < 0 ? 1 : 0);
            long p2 = n * q2 + c1;
            long c2 = multiplyHighUnsigned(n, q2) + (Long.compareUnsigned(p2, c1) < 0 ? 1 : 0);
            long p3 = n * q3 + c2;
            long p4 = multiplyHighUnsigned(n, q3) + (Long.compareUnsigned(p3, c2) < 0 ? 1 : 0);
            // (Σx)² in four
            long s0 = low * low;
            long s1 = multiplyHighUnsigned(low, low);
            long cross = high * low;
            long crossHigh = multiplyHighUnsigned(high, low);
            long s2 = high * high;
            long s3 = multiplyHighUnsigned(high, high);
            for (int i = 0; i < 2; i++) {
                s1 += cross;
                long carry = Long.compareUnsigned(s1, cross) < 0 ? 1 : 0;
                long t = s2 + crossHigh;
                s3 += Long.compareUnsigned(t, crossHigh) < 0 ? 1 : 0;
                s2 = t + carry;
                s3 += Long.compareUnsigned(s2, carry) < 0 ? 1 : 0;
            }
            long d0 = p0 - s0;
            long b = Long.compareUnsigned(p0, s0) < 0 ? 1 : 0;
            long d1 = p1 - s1 - b;
            b = borrow(p1, s1, b);
            long d2 = p2 - s2 - b;
            b = borrow(p2, s2, b);
            long d3 = p3 - s3 - b;
            b = borrow(p3, s3, b);
            long d4 = p4 - b;
            double variance = top(d4, d3, d2, d1, d0, pairs);
            if (!Double.isNaN(variance)) {
                return Math.sqrt(variance);
            }
        }
        return IntegerMoments.deviation(n, bigSum(a, at), bigSquares(a, at), EXPONENT);
    }

    private static long borrow(long a, long b, long before) {
        long r = a - b;
        return (Long.compareUnsigned(a, b) < 0 ? 1 : 0) + (Long.compareUnsigned(r, before) < 0 ? 1 : 0);
    }

    private static double top(long d4, long d3, long d2, long d1, long d0, long pairs) {
        long a = d4;
        long b = d3;
        long c = d2;
        long d = d1;
        long e = d0;
        int exponent = 2 * EXPONENT + 192;
        for (int i = 0; i < 3 && a == 0; i++) {
            a = b;
            b = c;
            c = d;
            d = e;
            e = 0;
            exponent -= 64;
        }
        int shift = a == 0 ? 0 : Long.numberOfLeadingZeros(a);
        if (shift > 0) {
            a = a << shift | b >>> 64 - shift;
            b = b << shift | c >>> 64 - shift;
        }
        return Rounding.quotient(a, b, exponent - shift, pairs);
    }

    private static long multiplyHighUnsigned(long x, long y) {
        return Math.multiplyHigh(x, y) + (x >> 63 & y) + (y >> 63 & x);
    }

    /** The sum as an integer in units of 2^{@value #EXPONENT}. */
    public static BigInteger bigSum(long[] a, int at) {
        return IntegerMoments.bigSum(a, at);
    }

    /** The sum of squares as an integer in units of 2^−128. */
    public static BigInteger bigSquares(long[] a, int at) {
        BigInteger sum = BigInteger.valueOf(a[at + 5]);
        for (int i = 4; i >= 2; i--) {
            sum = sum.shiftLeft(64).or(IntegerMoments.unsigned(a[at + i]));
        }
        return sum;
    }
}
