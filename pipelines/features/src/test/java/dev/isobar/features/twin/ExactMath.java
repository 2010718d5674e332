package dev.isobar.features.twin;

import java.math.BigInteger;

/** Rational numbers to binary64, rounded once, to nearest, ties to even. Slow and plain: integers of thousands of bits. */
final class ExactMath {
    /** Every finite double is a whole multiple of 2^−1074. */
    static final int SCALE = 1074;

    private ExactMath() {}

    /** x · 2^1074, exactly. */
    static BigInteger fixed(double x) {
        long bits = Double.doubleToRawLongBits(x);
        int exponent = (int) ((bits >>> 52) & 0x7ff);
        long fraction = bits & 0xf_ffff_ffff_ffffL;
        BigInteger magnitude = exponent == 0
                ? BigInteger.valueOf(fraction)
                : BigInteger.valueOf(fraction | 1L << 52).shiftLeft(exponent - 1);
        return bits < 0 ? magnitude.negate() : magnitude;
    }

    /** numerator / denominator, rounded once; zero is +0. The denominator is positive. */
    static double round(BigInteger numerator, BigInteger denominator) {
        BigInteger n = numerator.abs();
        if (n.signum() == 0) {
            return 0.0;
        }
        // The unit of the last place u = 2^e with n/d < 2^53·u, e as small as that and the subnormals allow.
        int e = Math.max(n.bitLength() - denominator.bitLength() - 53, -SCALE);
        while (exceeds(n, denominator, e)) {
            e++;
        }
        BigInteger scaledN = e < 0 ? n.shiftLeft(-e) : n;
        BigInteger scaledD = e > 0 ? denominator.shiftLeft(e) : denominator;
        BigInteger[] qr = scaledN.divideAndRemainder(scaledD);
        int half = qr[1].shiftLeft(1).compareTo(scaledD);
        BigInteger q = half > 0 || half == 0 && qr[0].testBit(0) ? qr[0].add(BigInteger.ONE) : qr[0];
        double magnitude = e > 971 ? Double.POSITIVE_INFINITY : Math.scalb(q.doubleValue(), e);
        if (magnitude == 0) {
            return 0.0;
        }
        return numerator.signum() < 0 ? -magnitude : magnitude;
    }

    private static boolean exceeds(BigInteger n, BigInteger d, int e) {
        // n/d ≥ 2^(e+53)
        int shift = e + 53;
        return shift >= 0
                ? n.compareTo(d.shiftLeft(shift)) >= 0
                : n.shiftLeft(-shift).compareTo(d) >= 0;
    }
}
