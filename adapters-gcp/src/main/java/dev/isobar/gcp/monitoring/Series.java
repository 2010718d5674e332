package dev.isobar.gcp.monitoring;

import com.google.api.Metric;
import dev.isobar.port.Metrics.Point;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

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

    /** What Cloud Monitoring calls so below a prefix. */
    static Series of(Metric metric, String prefix) {
        Map<String, String> labels = new TreeMap<>();
        metric.getLabelsMap().forEach((key, value) -> labels.put(key, LabelText.decode(value)));
        return new Series(metric.getType().substring(prefix.length()), labels);
    }

    Metric metric(String prefix) {
        Metric.Builder metric = Metric.newBuilder().setType(prefix + name);
        labels.forEach((key, value) -> metric.putLabels(key, LabelText.encode(value)));
        return metric.build();
    }

    /** As a filter says it. */
    String filter(String prefix) {
        StringBuilder filter = new StringBuilder("metric.type = \"" + prefix + name + "\"");
        labels.forEach((key, value) -> filter.append(" AND metric.labels.")
                .append(key)
                .append(" = \"")
                .append(LabelText.encode(value))
                .append('"'));
        return filter.toString();
    }

    /** The unit that the name's suffix says, as the Unified Code for Units of Measure writes it. */
    String unit() {
        return name.endsWith("_seconds") ? "s" : name.endsWith("_bytes") ? "By" : "1";
    }

    @Override
    public int compareTo(Series other) {
        return ORDER.compare(this, other);
    }
}
