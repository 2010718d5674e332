package dev.isobar.gcp.monitoring;

import dev.isobar.port.Metrics.Point;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What Cloud Monitoring takes.
 *
 * @see <a href="https://cloud.google.com/monitoring/quotas">quotas and limits</a>
 */
final class Validity {
    /** How old a point may be: 25 hours, less what the clocks may differ. */
    static final Duration PAST = Duration.ofHours(25).minusMinutes(5);

    /** How far ahead: 5 minutes, less the same. */
    static final Duration FUTURE = Duration.ofMinutes(4);

    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]*");
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z][a-zA-Z0-9_]{0,99}");
    private static final int MOST_TYPE_CHARACTERS = 200;
    private static final int MOST_LABELS = 30;
    private static final int MOST_LABEL_CHARACTERS = 1_024;

    private Validity() {}

    /**
     * What is wrong with a point; null if nothing is.
     *
     * @param prefix of its metric's type
     */
    static @Nullable String problem(Point point, String prefix) {
        if (!NAME.matcher(point.name()).matches()
                || prefix.length() + point.name().length() > MOST_TYPE_CHARACTERS) {
            return "'" + point.name() + "' cannot be a metric's name";
        }
        if (!Double.isFinite(point.value())) {
            return "The metric " + point.name() + " cannot have the value " + point.value();
        }
        if (point.labels().size() > MOST_LABELS) {
            return "The metric " + point.name() + " has " + point.labels().size() + " labels; Cloud Monitoring takes "
                    + MOST_LABELS;
        }
        for (Map.Entry<String, String> label : point.labels().entrySet()) {
            if (!LABEL.matcher(label.getKey()).matches()) {
                return "'" + label.getKey() + "' cannot be a label of the metric " + point.name();
            }
            if (LabelText.encode(label.getValue()).length() > MOST_LABEL_CHARACTERS) {
                return "The label " + label.getKey() + " of the metric " + point.name() + " is longer than "
                        + MOST_LABEL_CHARACTERS + " characters";
            }
        }
        return null;
    }
}
