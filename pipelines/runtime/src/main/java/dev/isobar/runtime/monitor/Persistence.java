package dev.isobar.runtime.monitor;

import java.time.Duration;

/**
 * When firing windows make a breach: at least {@code k} of the last {@code n} judged windows fired, the newest among them, and the
 * last breach of the same subject ended at least a cooldown ago. All on the replay's clock. Windows with fewer than
 * {@code minRows} current rows are not judged and do not count towards {@code n}.
 *
 * @param windows the windows
 * @param k firing windows needed, 1 to {@code n}
 * @param n judged windows looked at
 * @param cooldownMicros microseconds from a breach until the same subject may breach again, 0 or more
 * @param minRows rows a window needs to be judged, 1 or more
 * @param alpha significance level of a window, above 0 and at most 1
 * @since 0.1
 */
public record Persistence(TimeWindows windows, int k, int n, long cooldownMicros, long minRows, double alpha) {
    /** Refuses what could never or always fire. */
    public Persistence {
        if (k < 1 || k > n) {
            throw Refusals.argument(
                    "A monitor cannot ask for " + k + " of " + n + " windows.", "Ask for 1 to n of n windows.");
        }
        if (cooldownMicros < 0 || minRows < 1) {
            throw Refusals.argument(
                    "Cooldown (" + cooldownMicros + " µs) or least rows (" + minRows
                            + ") of a monitor is out of range.",
                    "Use a cooldown of zero or more and at least one row.");
        }
        if (!(alpha > 0 && alpha <= 1)) {
            throw Refusals.argument(
                    "A significance level of " + alpha + " is not between 0 and 1.", "Use something like 0.01.");
        }
    }

    /** Two of the last three weeks, two weeks of cooldown, 100 rows, 1 %. */
    public static Persistence ofDefaults() {
        return new Persistence(TimeWindows.days(7), 2, 3, Duration.ofDays(14).toMillis() * 1_000, 100, 0.01);
    }

    /** The same with other windows. */
    public Persistence every(TimeWindows value) {
        return new Persistence(value, k, n, cooldownMicros, minRows, alpha);
    }

    /** The same with another k of n. */
    public Persistence when(int kOf, int nOf) {
        return new Persistence(windows, kOf, nOf, cooldownMicros, minRows, alpha);
    }

    /** The same with another cooldown. */
    public Persistence cooldown(Duration value) {
        return new Persistence(windows, k, n, value.toMillis() * 1_000, minRows, alpha);
    }
}
