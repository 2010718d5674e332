package dev.isobar.benchmarks.workload;

import java.util.ArrayList;
import java.util.List;

/**
 * The fifteen features of the workload: count, sum, mean, max and standard deviation (ddof 1) of the amount in cents over 10 minutes, 1 hour and 24
 * hours. A vector holds the five of the shortest window first. What is null is NaN: all but the count of an empty window, the deviation of fewer than
 * two events.
 */
public final class Features {
    /** One second in the unit of all times here, microseconds. */
    public static final long SECOND = 1_000_000;

    /** Lengths of the windows in microseconds, ascending. */
    private static final long[] WINDOWS = {600 * SECOND, 3_600 * SECOND, 86_400 * SECOND};

    /** How many windows there are. */
    public static final int WINDOW_COUNT = 3;

    /** The longest window. */
    public static final long LONGEST = 86_400 * SECOND;

    /** How many values one window gives. */
    public static final int PER_WINDOW = 5;

    /** How many values a vector has. */
    public static final int SIZE = WINDOW_COUNT * PER_WINDOW;

    /** The stream's allowed lateness, microseconds. */
    public static final long LATENESS = 60 * SECOND;

    /** How far apart in available time two copies of a transaction are still recognised, microseconds. */
    public static final long HORIZON = 3_600 * SECOND;

    private Features() {}

    /** The length of a window, microseconds. */
    public static long window(int w) {
        return WINDOWS[w];
    }

    /** The names in the order of the vector: {@code count_10m … stddev_24h}. */
    public static List<String> names() {
        List<String> names = new ArrayList<>();
        for (String window : List.of("10m", "1h", "24h")) {
            for (String function : List.of("count", "sum", "mean", "max", "stddev")) {
                names.add(function + "_" + window);
            }
        }
        return names;
    }

    /** Writes one window's five values from its exact moments. */
    public static void put(double[] into, int window, long count, long sum, long squares, long max) {
        int at = window * PER_WINDOW;
        into[at] = count;
        if (count == 0) {
            into[at + 1] = Double.NaN;
            into[at + 2] = Double.NaN;
            into[at + 3] = Double.NaN;
            into[at + 4] = Double.NaN;
            return;
        }
        into[at + 1] = sum;
        into[at + 2] = Exact.ratio(sum, count);
        into[at + 3] = max;
        into[at + 4] = Exact.deviation(count, sum, squares);
    }
}
