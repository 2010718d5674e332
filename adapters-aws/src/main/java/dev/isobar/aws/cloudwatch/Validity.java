package dev.isobar.aws.cloudwatch;

import dev.isobar.port.Metrics.Point;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What CloudWatch takes.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html">MetricDatum</a>
 */
final class Validity {
    /** How old a point may be: two weeks, less what the clocks may differ. */
    static final Duration PAST = Duration.ofDays(14).minusMinutes(5);

    /** How far ahead. */
    static final Duration FUTURE = Duration.ofHours(2).minusMinutes(5);

    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,254}");
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]{0,254}");
    private static final int MOST_LABELS = 30;
    private static final int MOST_LABEL_CHARACTERS = 1_024;
    private static final double LARGEST = Math.scalb(1.0, 360);

    private Validity() {}

    /** What is wrong with a point; null if nothing is. */
    static @Nullable String problem(Point point) {
        if (!NAME.matcher(point.name()).matches()) {
            return "'" + point.name() + "' cannot be a metric's name";
        }
        if (!(Math.abs(point.value()) <= LARGEST)) {
            return "The metric " + point.name() + " cannot have the value " + point.value();
        }
        if (point.labels().size() > MOST_LABELS) {
            return "The metric " + point.name() + " has " + point.labels().size() + " labels; CloudWatch takes "
                    + MOST_LABELS;
        }
        for (Map.Entry<String, String> label : point.labels().entrySet()) {
            if (!LABEL.matcher(label.getKey()).matches()) {
                return "'" + label.getKey() + "' cannot be a label of the metric " + point.name();
            }
            if (DimensionText.encode(label.getValue()).length() > MOST_LABEL_CHARACTERS) {
                return "The label " + label.getKey() + " of the metric " + point.name() + " is longer than "
                        + MOST_LABEL_CHARACTERS + " characters";
            }
        }
        return null;
    }
}
