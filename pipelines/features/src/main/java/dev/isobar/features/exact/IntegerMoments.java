package dev.isobar.features.exact;

import java.math.BigInteger;

/**
 * Σx and Σx² of integers in words of an array, so that they can be kept for many keys in one place: the sum in 128 bits, the squares in 128 bits for values
 * below 2^47 in magnitude, of which 2^31 fit. What was added can be subtracted again. Stateless.
 *
 * <p>{@value #WORDS} words from an offset: sum low, sum high, squares low, squares high.
 *
 * @since 0.1
 */
public final class IntegerMoments {
    /** How many words they take. */
    public static final int WORDS = 4;

    private static final long SQUARE_LIMIT = 1L << 47;

    private IntegerMoments() {}

    /** Whether a value's square may be added. */
    public static boolean squareFits(long v) {
        return v > -SQUARE_LIMIT && v < SQUARE_LIMIT;
    }

    /** Adds a value to the sum. */
    public static void add(long[] a, int at, long v) {
        long s = a[at] + v;
        a[at + 1] += (v >> 63) + (Long.compareUnsigned(s, v) < 0 ? 1 : 0);
        a[at] = s;
    }

    /** Takes a value out of the sum. */
    public static void subtract(long[] a, int at, long v) {
        long s = a[at];
        a[at + 1] -= (v >> 63) + (Long.compareUnsigned(s, v) < 0 ? 1 : 0);
        a[at] = s - v;
    }

    /** Adds the square of a value that {@link #squareFits}. */
    public static void addSquare(long[] a, int at, long v) {
        long low = v * v;
        long s = a[at + 2] + low;
        a[at + 3] += Math.multiplyHigh(v, v) + (Long.compareUnsigned(s, low) < 0 ? 1 : 0);
        a[at + 2] = s;
    }

    /** Adds two values and their squares, which {@link #squareFits fit}. */
    public static void addWithSquares(long[] a, int at, long v, long w) {
        long low = a[at] + v;
        long high = a[at + 1] + (v >> 63) + (Long.compareUnsigned(low, v) < 0 ? 1 : 0);
        low += w;
        a[at] = low;
        a[at + 1] = high + (w >> 63) + (Long.compareUnsigned(low, w) < 0 ? 1 : 0);
        // Each is below 2^94, so both together fit as well.
        long vv = v * v;
        long ww = w * w;
        long both = vv + ww;
        long bothHigh =
                Math.multiplyHigh(v, v) + Math.multiplyHigh(w, w) + (Long.compareUnsigned(both, vv) < 0 ? 1 : 0);
        long squares = a[at + 2] + both;
        a[at + 2] = squares;
        a[at + 3] += bothHigh + (Long.compareUnsigned(squares, both) < 0 ? 1 : 0);
    }

    /** Adds a sum of squares below 2^63. */
    public static void addSquareSum(long[] a, int at, long sum) {
        long s = a[at + 2] + sum;
        a[at + 3] += Long.compareUnsigned(s, sum) < 0 ? 1 : 0;
        a[at + 2] = s;
    }

    /** Takes such a square out. */
    public static void subtractSquare(long[] a, int at, long v) {
        long low = v * v;
        long s = a[at + 2];
        a[at + 3] -= Math.multiplyHigh(v, v) + (Long.compareUnsigned(s, low) < 0 ? 1 : 0);
        a[at + 2] = s - low;
    }

    /**
     * Adds n values that stand in other words, so far apart, and their squares if asked. Those whose squares do not fit are left out altogether.
     *
     * @return how many were left out
     */
    public static int addAll(long[] a, int at, long[] values, int first, int n, int stride, boolean squares) {
        long low = a[at];
        long high = a[at + 1];
        if (!squares) {
            for (int i = 0, from = first; i < n; i++, from += stride) {
                long v = values[from];
                low += v;
                high += (v >> 63) + (Long.compareUnsigned(low, v) < 0 ? 1 : 0);
            }
            a[at] = low;
            a[at + 1] = high;
            return 0;
        }
        int out = 0;
        long low2 = a[at + 2];
        long high2 = a[at + 3];
        for (int i = 0, from = first; i < n; i++, from += stride) {
            long v = values[from];
            if (!squareFits(v)) {
                out++;
                continue;
            }
            long square = v * v;
            low += v;
            high += (v >> 63) + (Long.compareUnsigned(low, v) < 0 ? 1 : 0);
            low2 += square;
            high2 += Math.multiplyHigh(v, v) + (Long.compareUnsigned(low2, square) < 0 ? 1 : 0);
        }
        a[at] = low;
        a[at + 1] = high;
        a[at + 2] = low2;
        a[at + 3] = high2;
        return out;
    }

    /** Takes them out again; returns how many had been left out. */
    public static int subtractAll(long[] a, int at, long[] values, int first, int n, int stride, boolean squares) {
        long low = a[at];
        long high = a[at + 1];
        if (!squares) {
            for (int i = 0, from = first; i < n; i++, from += stride) {
                long v = values[from];
                high -= (v >> 63) + (Long.compareUnsigned(low, v) < 0 ? 1 : 0);
                low -= v;
            }
            a[at] = low;
            a[at + 1] = high;
            return 0;
        }
        int out = 0;
        long low2 = a[at + 2];
        long high2 = a[at + 3];
        for (int i = 0, from = first; i < n; i++, from += stride) {
            long v = values[from];
            if (!squareFits(v)) {
                out++;
                continue;
            }
            long square = v * v;
            high -= (v >> 63) + (Long.compareUnsigned(low, v) < 0 ? 1 : 0);
            low -= v;
            high2 -= Math.multiplyHigh(v, v) + (Long.compareUnsigned(low2, square) < 0 ? 1 : 0);
            low2 -= square;
        }
        a[at] = low;
        a[at + 1] = high;
        a[at + 2] = low2;
        a[at + 3] = high2;
        return out;
    }

    /** The sum, rounded once. */
    public static double sum(long[] a, int at) {
        return sum(a[at], a[at + 1]);
    }

    /** A sum of 128 bits, rounded once. */
    public static double sum(long low, long high) {
        return high == low >> 63 ? (double) low : Rounding.ratio(big(low, high), BigInteger.ONE, 0);
    }

    /** The sum divided by a positive integer, rounded once. */
    public static double mean(long[] a, int at, long n) {
        return mean(a[at], a[at + 1], n);
    }

    /** A sum of 128 bits divided by a positive integer, rounded once. */
    public static double mean(long low, long high, long n) {
        return high == low >> 63 ? Rounding.ratio(low, n) : Rounding.ratio(big(low, high), BigInteger.valueOf(n), 0);
    }

    /** The standard deviation, see {@link #deviation(long, long, long, long, long)}. */
    public static double deviation(long[] a, int at, long n) {
        return deviation(a[at], a[at + 1], a[at + 2], a[at + 3], n);
    }

    /**
     * The standard deviation with ddof 1: {@code (n·Σx² − (Σx)²) / (n(n−1))} rounded once, then the square root, which IEEE rounds correctly.
     *
     * @param n at least 2
     */
    public static double deviation(long sum, long sumHigh, long squares, long squaresHigh, long n) {
        if (sumHigh == sum >> 63 && squaresHigh == 0 && n < 1L << 26 && Math.multiplyHigh(n, squares) == 0) {
            long total = n * squares;
            if (squares >= 0 && total >= 0) {
                // (Σx)² is at most that (Cauchy), so it fits as well.
                return Math.sqrt(Rounding.ratio(total - sum * sum, n * (n - 1)));
            }
        }
        if (sumHigh == sum >> 63 && n < 1L << 26 && squaresHigh >= 0 && squaresHigh < 1L << 36) {
            long total = n * squares;
            long totalHigh = Math.multiplyHigh(squares, n) + (squares >> 63 & n) + n * squaresHigh;
            long square = sum * sum;
            long spread = total - square;
            long spreadHigh =
                    totalHigh - Math.multiplyHigh(sum, sum) - (Long.compareUnsigned(total, square) < 0 ? 1 : 0);
            double variance = Rounding.quotient(spreadHigh, spread, 0, n * (n - 1));
            if (!Double.isNaN(variance)) {
                return Math.sqrt(variance);
            }
        }
        return deviation(n, big(sum, sumHigh), big(squares, squaresHigh), 0);
    }

    /** The same from integers of any size: Σx in units of 2^exponent, Σx² in units of 2^(2·exponent). */
    public static double deviation(long n, BigInteger sum, BigInteger squares, int exponent) {
        BigInteger count = BigInteger.valueOf(n);
        BigInteger spread = squares.multiply(count).subtract(sum.multiply(sum));
        return Math.sqrt(Rounding.ratio(spread, count.multiply(BigInteger.valueOf(n - 1)), 2 * exponent));
    }

    /** The sum as an integer. */
    public static BigInteger bigSum(long[] a, int at) {
        return big(a[at], a[at + 1]);
    }

    /** The sum of squares as an integer. */
    public static BigInteger bigSquares(long[] a, int at) {
        return big(a[at + 2], a[at + 3]);
    }

    private static BigInteger big(long low, long high) {
        return BigInteger.valueOf(high).shiftLeft(64).or(unsigned(low));
    }

    static BigInteger unsigned(long v) {
        BigInteger b = BigInteger.valueOf(v & Long.MAX_VALUE);
        return v < 0 ? b.setBit(63) : b;
    }
}
