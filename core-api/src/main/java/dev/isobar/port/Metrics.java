package dev.isobar.port;

import java.util.List;
import java.util.Map;

/**
 * Where measurements go so that people and autoscalers see them. All methods are thread safe.
 *
 * @since 0.1
 */
public interface Metrics {
    /**
     * Publishes points. NaN and infinities are {@code INVALID_ARGUMENT}, and magnitudes that the service does not take, none below 1e100. A point not newer
     * than the last one of its series replaces nothing and is ignored. A time is kept to {@code METRIC_STEP_MICROS} if that is declared; a service that takes
     * no points of long ago shows the newest of a series as of the present.
     */
    void publish(List<Point> points);

    /** The newest point of each series whose name starts with a prefix, by name and labels. */
    List<Point> latest(String prefix);

    /**
     * A gauge's reading.
     *
     * @param name {@code [a-z_][a-z0-9_]*}, with its unit as a suffix: {@code isobar_request_duration_seconds}
     * @param micros when it was true
     */
    record Point(String name, Map<String, String> labels, double value, long micros) {}
}
