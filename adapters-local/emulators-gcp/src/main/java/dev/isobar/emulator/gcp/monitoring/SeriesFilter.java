package dev.isobar.emulator.gcp.monitoring;

import com.google.monitoring.v3.TimeSeries;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of monitoring filters that picks time series by metric type, labels and resource type: comparisons with {@code =}, {@code !=} and {@code starts_with},
 * joined by {@code AND}.
 *
 * @see <a href="https://cloud.google.com/monitoring/api/v3/filters">Monitoring filters</a>
 */
final class SeriesFilter {
    private static final Pattern TERM = Pattern.compile(
            "\\s*([a-z_.]+(?:\\.[A-Za-z][A-Za-z0-9_]*)?)\\s*(!?=)\\s*(starts_with\\s*\\(\\s*)?\"((?:[^\"\\\\]|\\\\.)*)\"(\\s*\\))?\\s*(AND\\b|$)");

    private SeriesFilter() {}

    static Predicate<TimeSeries> parsed(String filter) {
        List<Predicate<TimeSeries>> terms = new ArrayList<>();
        boolean byType = false;
        Matcher matcher = TERM.matcher(filter);
        int at = 0;
        boolean more = true;
        while (more) {
            if (!matcher.find(at)
                    || matcher.start() != at
                    || (matcher.group(3) == null) != (matcher.group(5) == null)) {
                throw invalid(filter, "Could not parse filter \"" + filter + "\"");
            }
            at = matcher.end();
            more = "AND".equals(matcher.group(6));
            String value = matcher.group(4).replaceAll("\\\\(.)", "$1");
            boolean prefix = matcher.group(3) != null;
            boolean equal = matcher.group(2).equals("=");
            String selector = matcher.group(1);
            byType |= selector.equals("metric.type");
            terms.add(series -> {
                String there = selected(filter, selector, series);
                return (prefix ? there.startsWith(value) : there.equals(value)) == equal;
            });
        }
        if (!byType) {
            throw invalid(
                    filter,
                    "The supplied filter does not specify a valid combination of metric and monitored resource descriptors");
        }
        return terms.stream().reduce(Predicate::and).orElseThrow();
    }

    private static String selected(String filter, String selector, TimeSeries series) {
        if (selector.equals("metric.type")) {
            return series.getMetric().getType();
        }
        if (selector.equals("resource.type")) {
            return series.getResource().getType();
        }
        for (String labels : List.of("metric.labels.", "metric.label.")) {
            if (selector.startsWith(labels)) {
                return series.getMetric().getLabelsOrDefault(selector.substring(labels.length()), "");
            }
        }
        for (String labels : List.of("resource.labels.", "resource.label.")) {
            if (selector.startsWith(labels)) {
                return series.getResource().getLabelsOrDefault(selector.substring(labels.length()), "");
            }
        }
        throw invalid(filter, "Unknown selector " + selector);
    }

    private static RuntimeException invalid(String filter, String why) {
        return Status.INVALID_ARGUMENT
                .withDescription("Field filter had an invalid value of \"" + filter + "\": " + why + ".")
                .asRuntimeException();
    }
}
