package dev.isobar.features.exact;

import java.math.BigInteger;

/**
 * A sum of doubles, or of their squares, without any rounding: fixed point over the whole range of binary64 in limbs of 32 bits with room for
 * carries above, after Neal, "Fast exact summation using small and large superaccumulators" (2015). The order of additions cannot matter.
 * Infinities and NaN are kept by the caller. Not thread safe.
 *
 * @since 0.1
 */
public final class ExactAccumulator {
    /** The unit of {@link #ofValues} is 2 to this power; the unit of {@link #ofSquares} is its square. */
    public static final int VALUES = -1074;

    private static final long LIMB = 0xffff_ffffL;
    private static final long FRACTION = (1L << 52) - 1;
    private static final int CARRY_EVERY = 1 << 28;

    private final int unit;
    private final long[] limbs;
    private int low = Integer.MAX_VALUE;
    private int high = -1;
    private int pending;

    private ExactAccumulator(int unit, int limbs) {
        this.unit = unit;
        this.limbs = new long[limbs];
    }

    /** For {@link #add}: units of 2^−1074, room for 2^63 of the largest doubles. */
    public static ExactAccumulator ofValues() {
        return new ExactAccumulator(VALUES, 70);
    }

    /** For {@link #addSquare}: units of 2^−2148. */
    public static ExactAccumulator ofSquares() {
        return new ExactAccumulator(2 * VALUES, 138);
    }

    /** Makes it zero; costs what was touched. */
    public void clear() {
        for (int i = low; i <= high; i++) {
            limbs[i] = 0;
        }
        low = Integer.MAX_VALUE;
        high = -1;
        pending = 0;
    }

    /** Adds a finite double. */
    public void add(double x) {
        long bits = Double.doubleToRawLongBits(x);
        int exponent = (int) (bits >>> 52) & 0x7ff;
        long m = bits & FRACTION;
        if (exponent == 0) {
            if (m == 0) {
                return;
            }
            exponent = 1;
        } else {
            m |= 1L << 52;
        }
        int position = exponent - 1;
        int limb = position >> 5;
        int offset = position & 31;
        long lower = (m & LIMB) << offset;
        long upper = (m >>> 32) << offset;
        if (bits >= 0) {
            limbs[limb] += lower & LIMB;
            limbs[limb + 1] += (lower >>> 32) + (upper & LIMB);
            limbs[limb + 2] += upper >>> 32;
        } else {
            limbs[limb] -= lower & LIMB;
            limbs[limb + 1] -= (lower >>> 32) + (upper & LIMB);
            limbs[limb + 2] -= upper >>> 32;
        }
        touched(limb, limb + 2);
    }

    /** Adds the square of a finite double, all 106 bits of it. */
    public void addSquare(double x) {
        long bits = Double.doubleToRawLongBits(x);
        int exponent = (int) (bits >>> 52) & 0x7ff;
        long m = bits & FRACTION;
        if (exponent == 0) {
            if (m == 0) {
                return;
            }
            exponent = 1;
        } else {
            m |= 1L << 52;
        }
        int position = 2 * (exponent - 1);
        int limb = position >> 5;
        int offset = position & 31;
        long lower = m * m;
        long upper = Math.multiplyHigh(m, m);
        chunk(limb, (lower & LIMB) << offset);
        chunk(limb + 1, (lower >>> 32) << offset);
        chunk(limb + 2, (upper & LIMB) << offset);
        chunk(limb + 3, (upper >>> 32) << offset);
        touched(limb, limb + 4);
    }

    private void chunk(int limb, long value) {
        limbs[limb] += value & LIMB;
        limbs[limb + 1] += value >>> 32;
    }

    private void touched(int from, int to) {
        if (from < low) {
            low = from;
        }
        if (to > high) {
            high = to;
        }
        // Every addition puts less than 2^34 on a limb; carries are taken up long before 2^63.
        if (++pending == CARRY_EVERY) {
            carry();
        }
    }

    private void carry() {
        long carry = 0;
        int last = limbs.length - 1;
        for (int i = low; i < last; i++) {
            long v = limbs[i] + carry;
            limbs[i] = v & LIMB;
            carry = v >> 32;
        }
        limbs[last] += carry;
        high = last;
        pending = 0;
    }

    /** The sum in units of {@code 2^exponent()}. */
    public BigInteger units() {
        if (high < 0) {
            return BigInteger.ZERO;
        }
        int n = high - low + 1;
        byte[] bytes = new byte[8 + 4 * n];
        long carry = 0;
        for (int i = 0; i < n; i++) {
            long v = limbs[low + i] + carry;
            putInt(bytes, bytes.length - 4 * (i + 1), (int) v);
            carry = v >> 32;
        }
        putInt(bytes, 4, (int) carry);
        putInt(bytes, 0, (int) (carry >> 32));
        return new BigInteger(bytes).shiftLeft(32 * low);
    }

    /** The exponent of the units. */
    public int exponent() {
        return unit;
    }

    /** The sum, rounded once. */
    public double sum() {
        return Rounding.ratio(units(), BigInteger.ONE, unit);
    }

    private static void putInt(byte[] into, int at, int value) {
        into[at] = (byte) (value >> 24);
        into[at + 1] = (byte) (value >> 16);
        into[at + 2] = (byte) (value >> 8);
        into[at + 3] = (byte) value;
    }
}
