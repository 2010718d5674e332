package dev.isobar.emulator.gcp.monitoring;

import com.google.monitoring.v3.TimeSeries;
import java.util.Map;
import java.util.TreeMap;

/** What tells a time series of a project from the others: its metric with labels, its resource with labels. A label with an empty value is no label. */
record SeriesId(String project, String type, String labels, String resource) implements Comparable<SeriesId> {
    static SeriesId of(String project, TimeSeries series) {
        return new SeriesId(
                project,
                series.getMetric().getType(),
                sorted(series.getMetric().getLabelsMap()),
                series.getResource().getType() + sorted(series.getResource().getLabelsMap()));
    }

    private static String sorted(Map<String, String> labels) {
        Map<String, String> sorted = new TreeMap<>(labels);
        sorted.values().removeIf(String::isEmpty);
        StringBuilder text = new StringBuilder("{");
        sorted.forEach((key, value) -> text.append(text.length() > 1 ? "," : "")
                .append(key)
                .append(':')
                .append(value));
        return text.append('}').toString();
    }

    @Override
    public int compareTo(SeriesId other) {
        int byProject = project.compareTo(other.project);
        int byType = byProject != 0 ? byProject : type.compareTo(other.type);
        int byLabels = byType != 0 ? byType : labels.compareTo(other.labels);
        return byLabels != 0 ? byLabels : resource.compareTo(other.resource);
    }
}
