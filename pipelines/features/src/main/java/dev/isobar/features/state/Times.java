package dev.isobar.features.state;

/**
 * Arithmetic on microseconds that stops at the ends instead of wrapping around. Stateless.
 *
 * @since 0.1
 */
public final class Times {
    private Times() {}

    /** a − b. */
    public static long minus(long a, long b) {
        long r = a - b;
        if (((a ^ b) & (a ^ r)) < 0) {
            return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        return r;
    }

    /** a + b. */
    public static long plus(long a, long b) {
        long r = a + b;
        if (((a ^ r) & (b ^ r)) < 0) {
            return a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        return r;
    }
}
