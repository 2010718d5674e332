package dev.isobar.aws.cloudwatch;

import dev.isobar.port.Metrics.Point;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.services.cloudwatch.model.Dimension;
import software.amazon.awssdk.services.cloudwatch.model.Metric;
import software.amazon.awssdk.services.cloudwatch.model.StandardUnit;

/** A name with its labels. */
record Series(String name, Map<String, String> labels) implements Comparable<Series> {
    private static final Comparator<Series> ORDER =
            Comparator.comparing(Series::name).thenComparing(s -> s.labels.toString());

    Series {
        labels = new TreeMap<>(labels);
    }

    static Series of(Point point) {
        return new Series(point.name(), point.labels());
    }

    static Series of(Metric metric) {
        Map<String, String> labels = new TreeMap<>();
        metric.dimensions().forEach(d -> labels.put(d.name(), DimensionText.decode(d.value())));
        return new Series(metric.metricName(), labels);
    }

    List<Dimension> dimensions() {
        return labels.entrySet().stream()
                .map(l -> Dimension.builder()
                        .name(l.getKey())
                        .value(DimensionText.encode(l.getValue()))
                        .build())
                .toList();
    }

    /** The unit that the name's suffix says. */
    StandardUnit unit() {
        if (name.endsWith("_seconds")) {
            return StandardUnit.SECONDS;
        }
        if (name.endsWith("_bytes")) {
            return StandardUnit.BYTES;
        }
        return name.endsWith("_total") ? StandardUnit.COUNT : StandardUnit.NONE;
    }

    @Override
    public int compareTo(Series other) {
        return ORDER.compare(this, other);
    }
}
