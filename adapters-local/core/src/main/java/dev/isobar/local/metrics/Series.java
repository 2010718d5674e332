package dev.isobar.local.metrics;

import java.util.SortedMap;

/** What tells one line of a graph from another; ordered by name, then labels. */
record Series(String name, SortedMap<String, String> labels) implements Comparable<Series> {
    @Override
    public int compareTo(Series other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : labels.toString().compareTo(other.labels.toString());
    }
}
