package dev.isobar.runtime.monitor;

import java.time.Duration;

/**
 * Half-open windows {@code [start, start + length)} of one length on the replay's clock, in UTC, aligned so that whole days begin at
 * midnight and whole weeks on a Monday. Immutable.
 *
 * @param lengthMicros length of each window in microseconds, positive
 * @since 0.1
 */
public record TimeWindows(long lengthMicros) {
    /** 5 January 1970, the first Monday of the epoch. */
    private static final long FIRST_MONDAY = Duration.ofDays(4).toMillis() * 1_000;

    /** Refuses a length that is not positive. */
    public TimeWindows {
        if (lengthMicros <= 0) {
            throw Refusals.argument(
                    "A monitor's window must be longer than zero, not " + lengthMicros + " µs.",
                    "Give the monitor a positive window, such as one day.");
        }
    }

    /** Windows of a whole number of days. */
    public static TimeWindows days(int days) {
        return of(Duration.ofDays(days));
    }

    /** Windows of any length. */
    public static TimeWindows of(Duration length) {
        return new TimeWindows(length.toMillis() * 1_000);
    }

    /** The number of the window that holds an instant. */
    public long index(long micros) {
        return Math.floorDiv(micros - FIRST_MONDAY, lengthMicros);
    }

    /** The first microsecond of a window. */
    public long start(long index) {
        return FIRST_MONDAY + index * lengthMicros;
    }

    /** The first microsecond after a window. */
    public long end(long index) {
        return start(index + 1);
    }
}
