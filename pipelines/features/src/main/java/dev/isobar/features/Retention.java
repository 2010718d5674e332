package dev.isobar.features;

/**
 * How much history the kernel keeps.
 *
 * @param micros event time kept behind the frontier beyond the longest window, so that a vector as of {@code frontier − micros} can still be
 *     computed; 0 or more
 * @since 0.1
 */
public record Retention(long micros) {
    public Retention {
        if (micros < 0) {
            throw new IllegalArgumentException("retention of " + micros + " µs; it must be 0 or more");
        }
    }

    /** Keeps this much. */
    public static Retention ofMicros(long micros) {
        return new Retention(micros);
    }

    /** Keeps everything; for tests and small histories. */
    public static Retention unbounded() {
        return new Retention(Long.MAX_VALUE);
    }
}
