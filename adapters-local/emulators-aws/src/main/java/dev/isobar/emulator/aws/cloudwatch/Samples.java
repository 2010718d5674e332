package dev.isobar.emulator.aws.cloudwatch;

import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What was published of a metric for one moment, or for several of them together. Not thread safe. */
final class Samples {
    private static final Pattern PERCENTILE = Pattern.compile("p(\\d{1,2}(?:\\.\\d{0,10})?|100)");

    private final List<Weighed> values = new ArrayList<>();
    private double count;
    private double sum;
    private double smallest = Double.POSITIVE_INFINITY;
    private double largest = Double.NEGATIVE_INFINITY;
    // Of a statistic set nobody knows the values.
    private boolean percentiles = true;

    void add(double value, double times) {
        values.add(new Weighed(value, times));
        include(times, value * times, value, value);
    }

    void addSet(double times, double total, double min, double max) {
        percentiles = false;
        include(times, total, min, max);
    }

    void addAll(Samples other) {
        values.addAll(other.values);
        percentiles &= other.percentiles;
        include(other.count, other.sum, other.smallest, other.largest);
    }

    private void include(double times, double total, double min, double max) {
        count += times;
        sum += total;
        smallest = Math.min(smallest, min);
        largest = Math.max(largest, max);
    }

    /** Throws for a statistic that the service does not know. */
    static void check(String statistic) {
        switch (statistic) {
            case "SampleCount", "Sum", "Average", "Minimum", "Maximum" -> {}
            default -> {
                if (!PERCENTILE.matcher(statistic).matches()) {
                    throw new ServiceError(
                            400,
                            "InvalidParameterValueException",
                            "The value " + statistic + " for parameter Stat is invalid");
                }
            }
        }
    }

    /** NaN for a percentile of what holds statistic sets. */
    double statistic(String name) {
        return switch (name) {
            case "SampleCount" -> count;
            case "Sum" -> sum;
            case "Average" -> sum / count;
            case "Minimum" -> smallest;
            case "Maximum" -> largest;
            default -> percentile(name);
        };
    }

    private double percentile(String name) {
        Matcher matcher = PERCENTILE.matcher(name);
        if (!percentiles || !matcher.matches()) {
            return Double.NaN;
        }
        double wanted = Double.parseDouble(matcher.group(1)) / 100 * count;
        List<Weighed> sorted = new ArrayList<>(values);
        sorted.sort(Comparator.comparingDouble(Weighed::value));
        double below = 0;
        for (Weighed each : sorted) {
            below += each.times();
            if (below >= wanted) {
                return each.value();
            }
        }
        return largest;
    }

    private record Weighed(double value, double times) {}
}
