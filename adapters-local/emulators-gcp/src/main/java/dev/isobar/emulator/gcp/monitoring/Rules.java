package dev.isobar.emulator.gcp.monitoring;

import com.google.api.Metric;
import com.google.api.MetricDescriptor.MetricKind;
import com.google.api.MetricDescriptor.ValueType;
import com.google.monitoring.v3.Point;
import com.google.monitoring.v3.TimeSeries;
import com.google.monitoring.v3.TypedValue;
import com.google.protobuf.util.Timestamps;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a time series must be to be written.
 *
 * @see <a href="https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/create">timeSeries.create</a>
 * @see <a href="https://cloud.google.com/monitoring/quotas">limits</a>: labels, sizes, ages, one point in five seconds
 */
final class Rules {
    static final int MOST_SERIES = 200;
    static final Duration LEAST_APART = Duration.ofSeconds(5);

    private static final Duration PAST = Duration.ofHours(25);
    private static final Duration FUTURE = Duration.ofMinutes(5);
    private static final int MOST_TYPE = 200;
    private static final int MOST_LABELS = 30;
    private static final int MOST_VALUE = 1_024;
    private static final Pattern TYPE =
            Pattern.compile("(custom|external|workload)\\.googleapis\\.com/[A-Za-z0-9_./]+");
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z][a-zA-Z0-9_]{0,99}");
    private static final Set<String> RESOURCES = Set.of(
            "global",
            "generic_node",
            "generic_task",
            "gce_instance",
            "k8s_cluster",
            "k8s_container",
            "k8s_node",
            "k8s_pod",
            "cloud_run_revision");

    private Rules() {}

    /** What is wrong with one of a request's series in itself; null if nothing is. */
    static @Nullable String problem(int index, TimeSeries series, Instant now) {
        String field = "Field timeSeries[" + index + "]";
        Metric metric = series.getMetric();
        if (metric.getType().length() > MOST_TYPE
                || !TYPE.matcher(metric.getType()).matches()) {
            return field + ".metric.type had an invalid value of \"" + metric.getType()
                    + "\": The metric type must be a URL-formatted string with a domain and non-empty path.";
        }
        if (metric.getLabelsCount() > MOST_LABELS) {
            return field + ".metric.labels had an invalid value: A metric has at most " + MOST_LABELS + " labels.";
        }
        for (Map.Entry<String, String> label : metric.getLabelsMap().entrySet()) {
            if (!LABEL.matcher(label.getKey()).matches()) {
                return field + ".metric.labels had an invalid value of \"" + label.getKey()
                        + "\": Unrecognized metric label.";
            }
            if (label.getValue().length() > MOST_VALUE) {
                return field + ".metric.labels had an invalid value: The value of label " + label.getKey()
                        + " is longer than " + MOST_VALUE + " characters.";
            }
        }
        if (!RESOURCES.contains(series.getResource().getType())) {
            return field + ".resource.type had an invalid value of \""
                    + series.getResource().getType()
                    + "\": The monitored resource type cannot be used for user-defined metrics.";
        }
        if (series.getPointsCount() != 1) {
            return field
                    + ".points had an invalid value: Exactly one point must be written per TimeSeries per request.";
        }
        if (series.getMetricKind() == MetricKind.DELTA) {
            return field
                    + ".metricKind had an invalid value of \"DELTA\": User-defined metrics are GAUGE or CUMULATIVE.";
        }
        return point(field, series, now);
    }

    private static @Nullable String point(String field, TimeSeries series, Instant now) {
        Point point = series.getPoints(0);
        TypedValue value = point.getValue();
        if (value.getValueCase() == TypedValue.ValueCase.VALUE_NOT_SET
                || (series.getValueType() != ValueType.VALUE_TYPE_UNSPECIFIED
                        && series.getValueType() != type(value))) {
            return field + ".points[0].value had an invalid value: The value must match the value type of the metric.";
        }
        if (value.hasDoubleValue() && !Double.isFinite(value.getDoubleValue())) {
            return field + ".points[0].value.double_value had an invalid value of \"" + value.getDoubleValue()
                    + "\": The value must be finite.";
        }
        if (!point.getInterval().hasEndTime()) {
            return field + ".points[0] was missing field interval.endTime.";
        }
        String end = field + ".points[0].interval.end_time had an invalid value of \""
                + Timestamps.toString(point.getInterval().getEndTime()) + "\": ";
        Instant time = time(point);
        if (time.isAfter(now.plus(FUTURE))) {
            return end + "Data points cannot be written more than 5 minutes in the future.";
        }
        if (time.isBefore(now.minus(PAST))) {
            return end + "Data points cannot be written more than 25h0s in the past.";
        }
        if (series.getMetricKind() != MetricKind.CUMULATIVE
                && point.getInterval().hasStartTime()
                && !point.getInterval()
                        .getStartTime()
                        .equals(point.getInterval().getEndTime())) {
            return field
                    + ".points[0].interval.start_time had an invalid value: The start time must be equal to the end time for the gauge metric.";
        }
        return null;
    }

    static ValueType type(TypedValue value) {
        return switch (value.getValueCase()) {
            case BOOL_VALUE -> ValueType.BOOL;
            case INT64_VALUE -> ValueType.INT64;
            case DOUBLE_VALUE -> ValueType.DOUBLE;
            case STRING_VALUE -> ValueType.STRING;
            case DISTRIBUTION_VALUE -> ValueType.DISTRIBUTION;
            case VALUE_NOT_SET -> ValueType.VALUE_TYPE_UNSPECIFIED;
        };
    }

    static Instant time(Point point) {
        return Instant.ofEpochSecond(
                point.getInterval().getEndTime().getSeconds(),
                point.getInterval().getEndTime().getNanos());
    }
}
