package dev.isobar.emulator.aws.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** A metric: its dimensions are part of its name. */
record MetricId(String namespace, String name, Map<String, String> dimensions) implements Comparable<MetricId> {
    MetricId {
        dimensions = new TreeMap<>(dimensions);
    }

    static MetricId of(String namespace, JsonNode datum) {
        Map<String, String> dimensions = new TreeMap<>();
        datum.path("Dimensions")
                .forEach(d ->
                        dimensions.put(d.path("Name").asText(), d.path("Value").asText()));
        return new MetricId(namespace, datum.path("MetricName").asText(), dimensions);
    }

    ObjectNode json() {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("Namespace", namespace);
        node.put("MetricName", name);
        ArrayNode list = node.putArray("Dimensions");
        dimensions.forEach((n, v) -> list.addObject().put("Name", n).put("Value", v));
        return node;
    }

    @Override
    public int compareTo(MetricId other) {
        int c = namespace.compareTo(other.namespace);
        c = c == 0 ? name.compareTo(other.name) : c;
        return c == 0 ? dimensions.toString().compareTo(other.dimensions.toString()) : c;
    }
}
