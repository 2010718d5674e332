package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The last value of each metric that a job's definitions find in its log: the first group of the expression, as a number. Thread safe. */
final class TrainingMetrics {
    private final Map<String, Pattern> definitions;
    private final Map<String, Double> last = new LinkedHashMap<>();

    private TrainingMetrics(Map<String, Pattern> definitions) {
        this.definitions = definitions;
    }

    static TrainingMetrics of(ObjectNode job) {
        Map<String, Pattern> definitions = new LinkedHashMap<>();
        job.path("AlgorithmSpecification").path("MetricDefinitions").forEach(metric -> {
            definitions.put(
                    metric.path("Name").asText(),
                    Pattern.compile(metric.path("Regex").asText()));
        });
        return new TrainingMetrics(definitions);
    }

    synchronized void hear(String line) {
        definitions.forEach((name, pattern) -> {
            Matcher match = pattern.matcher(line);
            while (match.find() && match.groupCount() > 0) {
                number(match.group(1)).ifPresent(value -> last.put(name, value));
            }
        });
    }

    synchronized void describe(ObjectNode job) {
        if (last.isEmpty()) {
            return;
        }
        ArrayNode list = job.putArray("FinalMetricDataList");
        last.forEach((name, value) ->
                list.addObject().put("MetricName", name).put("Value", value).put("Timestamp", Rules.now()));
    }

    private static OptionalDouble number(String text) {
        try {
            return OptionalDouble.of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }
}
