package dev.isobar.emulator.aws.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * Alarms on one metric each, evaluated when they are described. Actions are kept and not carried out; who wants to act asks for what is breached. Not
 * thread safe.
 *
 * <p>Data that are missing are replaced by older ones of the evaluation range, which is five periods for three (so the documentation's example; the
 * service's exact number is not said).
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html">alarms and missing data</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html">PutMetricAlarm</a>
 */
final class Alarms {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> ADDING = Set.of("Sum", "SampleCount");

    private final CloudWatchService service;
    private final TreeMap<String, ObjectNode> alarms = new TreeMap<>();

    Alarms(CloudWatchService service) {
        this.service = service;
    }

    ObjectNode put(JsonNode input) {
        String name = Validation.text(input, "AlarmName", "AlarmName", 255);
        if (input.has("Metrics")) {
            throw new ServiceError(400, "ValidationError", "This emulator has no alarms on metric math");
        }
        Validation.namespace(input, false);
        Validation.text(input, "MetricName", "MetricName", 255);
        Validation.dimensions(input.path("Dimensions"), "PutMetricAlarm");
        Validation.period(input.path("Period"), "PutMetricAlarm");
        if (input.path("EvaluationPeriods").asInt(0) < 1) {
            throw Validation.invalid("The parameter EvaluationPeriods must be greater than 0.");
        }
        if (!input.has("Threshold")) {
            throw Validation.missing("Threshold");
        }
        Samples.check(statistic(input));
        breaches(input, 0);
        ObjectNode alarm = input.deepCopy();
        alarm.put("AlarmArn", arn(name));
        alarms.put(name, alarm);
        return JSON.createObjectNode();
    }

    static String arn(String name) {
        return "arn:aws:cloudwatch:emulator:000000000000:alarm:" + name;
    }

    private static String statistic(JsonNode alarm) {
        return alarm.path("Statistic").asText(alarm.path("ExtendedStatistic").asText("none"));
    }

    ObjectNode delete(JsonNode input) {
        input.path("AlarmNames").forEach(name -> alarms.remove(name.asText()));
        return JSON.createObjectNode();
    }

    ObjectNode describe(JsonNode input) {
        Set<String> names = new HashSet<>();
        input.path("AlarmNames").forEach(n -> names.add(n.asText()));
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode list = answer.putArray("MetricAlarms");
        alarms.forEach((name, alarm) -> {
            ObjectNode described = alarm.deepCopy();
            described.put("StateValue", state(alarm));
            boolean wanted = (names.isEmpty() || names.contains(name))
                    && name.startsWith(input.path("AlarmNamePrefix").asText(""))
                    && (!input.has("StateValue")
                            || input.path("StateValue")
                                    .asText()
                                    .equals(described.path("StateValue").asText()));
            if (wanted) {
                list.add(described);
            }
        });
        return answer;
    }

    boolean has(String name) {
        return alarms.get(name) != null;
    }

    boolean inAlarm(String name) {
        ObjectNode alarm = alarms.get(name);
        return alarm != null && state(alarm).equals("ALARM");
    }

    OptionalDouble breach(String name) {
        ObjectNode alarm = alarms.get(name);
        if (alarm == null || !state(alarm).equals("ALARM")) {
            return OptionalDouble.empty();
        }
        NavigableMap<Long, Samples> found = found(alarm);
        return found.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(found.lastEntry().getValue().statistic(statistic(alarm)));
    }

    private String state(JsonNode alarm) {
        int periods = periods(alarm);
        int needed = alarm.path("DatapointsToAlarm").asInt(periods);
        String treat = alarm.path("TreatMissingData").asText("missing");
        int breaching = 0;
        int present = 0;
        for (Samples samples :
                found(alarm).descendingMap().values().stream().limit(periods).toList()) {
            present++;
            breaching += breaches(alarm, samples.statistic(statistic(alarm))) ? 1 : 0;
        }
        if (treat.equals("breaching")) {
            breaching += periods - present;
        }
        if (breaching >= needed) {
            return "ALARM";
        }
        return present == 0 && !treat.equals("notBreaching") ? "INSUFFICIENT_DATA" : "OK";
    }

    private static int periods(JsonNode alarm) {
        return alarm.path("EvaluationPeriods").asInt();
    }

    /** The evaluation range: more periods than are judged, so that gaps are filled by what is older. */
    private NavigableMap<Long, Samples> found(JsonNode alarm) {
        long period = service.millis(alarm.path("Period").asInt());
        int periods = periods(alarm);
        int range = Math.max(periods + 1, (periods * 5 + 2) / 3);
        // The period that is not over yet counts too, but not by what only adds up: it would be too little.
        long last = ADDING.contains(statistic(alarm)) ? 0 : 1;
        long end = (Math.floorDiv(service.now().toEpochMilli(), period) + last) * period;
        return service.periods(MetricId.of(alarm.path("Namespace").asText(), alarm), end - period * range, end, period);
    }

    private static boolean breaches(JsonNode alarm, double value) {
        double threshold = alarm.path("Threshold").asDouble();
        return switch (alarm.path("ComparisonOperator").asText()) {
            case "GreaterThanThreshold" -> value > threshold;
            case "GreaterThanOrEqualToThreshold" -> value >= threshold;
            case "LessThanThreshold" -> value < threshold;
            case "LessThanOrEqualToThreshold" -> value <= threshold;
            default ->
                throw Validation.invalid(
                        "The parameter ComparisonOperator must be one that compares with a threshold.");
        };
    }
}
