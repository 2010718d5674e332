package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A query's named parameters, typed as they arrive.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/parameterized-queries">parameterized queries</a>
 */
record Parameters(Map<String, Parameter> byName) {
    /**
     * A parameter.
     *
     * @param values one, unless it is an array
     */
    record Parameter(ColumnType type, boolean isArray, List<String> values) {}

    static Parameters of(JsonNode query) {
        Map<String, Parameter> found = new HashMap<>();
        JsonNode said = query.path("queryParameters");
        if (said.size() > 0 && !query.path("parameterMode").asText("NAMED").equals("NAMED")) {
            throw Refusal.notHere("positional parameters");
        }
        for (JsonNode parameter : said) {
            String name = parameter.path("name").asText("");
            if (name.isEmpty()) {
                throw Refusal.notHere("positional parameters");
            }
            JsonNode type = parameter.path("parameterType");
            boolean array = type.path("type").asText("").equals("ARRAY");
            List<String> values = new ArrayList<>();
            if (array) {
                parameter.path("parameterValue").path("arrayValues").forEach(v -> values.add(value(name, v)));
            } else {
                values.add(value(name, parameter.path("parameterValue")));
            }
            ColumnType of = ColumnType.of(
                    (array ? type.path("arrayType") : type).path("type").asText(""));
            if (of != ColumnType.STRING && of != ColumnType.INT64 && of != ColumnType.BOOL) {
                throw Refusal.notHere("parameters of type " + of);
            }
            found.put(name.toLowerCase(Locale.ROOT), new Parameter(of, array, values));
        }
        return new Parameters(found);
    }

    private static String value(String name, JsonNode value) {
        JsonNode text = value.path("value");
        if (text.isMissingNode() || text.isNull()) {
            throw Refusal.notHere("parameters that are null, such as " + name);
        }
        return text.asText();
    }
}
