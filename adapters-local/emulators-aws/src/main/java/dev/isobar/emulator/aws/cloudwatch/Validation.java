package dev.isobar.emulator.aws.cloudwatch;

import com.fasterxml.jackson.databind.JsonNode;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.Set;

/**
 * What CloudWatch refuses.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html">PutMetricData</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html">MetricDatum</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html">Dimension</a>
 */
final class Validation {
    static final Duration PAST = Duration.ofDays(14);
    static final Duration FUTURE = Duration.ofHours(2);

    private static final int MOST_METRICS = 1_000;
    private static final int MOST_DIMENSIONS = 30;
    private static final int MOST_VALUES = 150;
    private static final double LARGEST = Math.scalb(1.0, 360);
    private static final Set<String> UNITS = Set.of(
            "Seconds",
            "Microseconds",
            "Milliseconds",
            "Bytes",
            "Kilobytes",
            "Megabytes",
            "Gigabytes",
            "Terabytes",
            "Bits",
            "Kilobits",
            "Megabits",
            "Gigabits",
            "Terabits",
            "Percent",
            "Count",
            "Bytes/Second",
            "Kilobytes/Second",
            "Megabytes/Second",
            "Gigabytes/Second",
            "Terabytes/Second",
            "Bits/Second",
            "Kilobits/Second",
            "Megabits/Second",
            "Gigabits/Second",
            "Terabits/Second",
            "Count/Second",
            "None");

    private Validation() {}

    static ServiceError invalid(String message) {
        return new ServiceError(400, "InvalidParameterValueException", message);
    }

    static ServiceError missing(String parameter) {
        return new ServiceError(
                400, "MissingRequiredParameterException", "The parameter " + parameter + " is required.");
    }

    static ServiceError together(String message) {
        return new ServiceError(400, "InvalidParameterCombinationException", message);
    }

    static String text(JsonNode node, String field, String parameter, int most) {
        String value = node.path(field).asText("");
        if (value.isEmpty()) {
            throw missing(parameter);
        }
        if (value.length() > most) {
            throw invalid("The parameter " + parameter + " must be at most " + most + " characters long.");
        }
        return value;
    }

    static String namespace(JsonNode input, boolean custom) {
        String namespace = text(input, "Namespace", "Namespace", 255);
        if (namespace.startsWith(":") || (custom && namespace.startsWith("AWS/"))) {
            throw invalid("The value " + namespace + " for parameter Namespace is invalid.");
        }
        return namespace;
    }

    static void metricData(JsonNode data, Instant now) {
        if (!data.isArray() || data.isEmpty()) {
            throw missing("MetricData");
        }
        if (data.size() > MOST_METRICS) {
            throw invalid("The collection MetricData must not have a size greater than " + MOST_METRICS + ".");
        }
        for (int i = 0; i < data.size(); i++) {
            datum(data.get(i), "MetricData.member." + (i + 1), now);
        }
    }

    private static void datum(JsonNode datum, String at, Instant now) {
        ascii(text(datum, "MetricName", at + ".MetricName", 255), at + ".MetricName");
        dimensions(datum.path("Dimensions"), at);
        boolean value = datum.has("Value");
        boolean set = datum.has("StatisticValues");
        boolean values = datum.has("Values");
        if (!value && !set && !values) {
            throw missing(at + ".Value");
        }
        if ((value && set) || (value && values) || (set && values)) {
            throw together("The parameters " + at + ".Value, StatisticValues and Values are mutually exclusive.");
        }
        if (value) {
            number(datum.path("Value"), at + ".Value");
        }
        if (values) {
            JsonNode all = datum.path("Values");
            JsonNode counts = datum.path("Counts");
            if (all.isEmpty() || all.size() > MOST_VALUES) {
                throw invalid("The collection " + at + ".Values must have 1 to " + MOST_VALUES + " members.");
            }
            if (!counts.isMissingNode() && counts.size() != all.size()) {
                throw invalid("The parameters " + at + ".Values and Counts must have the same length.");
            }
            all.forEach(v -> number(v, at + ".Values"));
            counts.forEach(c -> {
                if (!(c.asDouble() > 0)) {
                    throw invalid("The parameter " + at + ".Counts must be greater than 0.");
                }
            });
        }
        if (set) {
            for (String field : new String[] {"SampleCount", "Sum", "Minimum", "Maximum"}) {
                if (!datum.path("StatisticValues").has(field)) {
                    throw missing(at + ".StatisticValues." + field);
                }
                number(datum.path("StatisticValues").path(field), at + ".StatisticValues." + field);
            }
        }
        if (datum.has("Unit") && !UNITS.contains(datum.path("Unit").asText())) {
            throw invalid("The parameter " + at + ".Unit must be a value in the set " + UNITS + ".");
        }
        int resolution = datum.path("StorageResolution").asInt(60);
        if (resolution != 1 && resolution != 60) {
            throw invalid("The parameter " + at + ".StorageResolution must be 1 or 60.");
        }
        if (datum.has("Timestamp")) {
            Instant time = time(datum.path("Timestamp"));
            if (time.isBefore(now.minus(PAST)) || time.isAfter(now.plus(FUTURE))) {
                throw invalid(
                        "The parameter " + at
                                + ".Timestamp must specify a time no more than two weeks in the past and no more than two hours in the future.");
            }
        }
    }

    static void dimensions(JsonNode dimensions, String at) {
        if (dimensions.size() > MOST_DIMENSIONS) {
            throw invalid(
                    "The collection " + at + ".Dimensions must not have a size greater than " + MOST_DIMENSIONS + ".");
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < dimensions.size(); i++) {
            String member = at + ".Dimensions.member." + (i + 1);
            String name = text(dimensions.get(i), "Name", member + ".Name", 255);
            String value = text(dimensions.get(i), "Value", member + ".Value", 1024);
            ascii(name, member + ".Name");
            ascii(value, member + ".Value");
            if (name.startsWith(":") || value.startsWith(":")) {
                throw invalid("The parameter " + member + " must not start with a colon.");
            }
            if (!names.add(name)) {
                throw invalid("The parameter " + member + ".Name is a duplicate.");
            }
        }
    }

    private static void ascii(String text, String at) {
        if (text.isBlank() || !text.chars().allMatch(c -> c >= 0x20 && c <= 0x7e)) {
            throw invalid(
                    "The parameter " + at
                            + " must contain only ASCII characters, no control characters, and at least one non-whitespace character.");
        }
    }

    /** A number, which is a text in the query protocol. */
    static double number(JsonNode node, String at) {
        double value;
        try {
            value = node.isTextual() ? Double.parseDouble(node.textValue()) : node.asDouble(Double.NaN);
        } catch (NumberFormatException e) {
            throw new ServiceError(
                    400, "MalformedInput", "The value " + node + " for parameter " + at + " is no number");
        }
        if (!(Math.abs(value) <= LARGEST)) {
            throw invalid("The value " + value + " for parameter " + at + " is invalid.");
        }
        return value;
    }

    /** A time: seconds, or ISO 8601 in the query protocol. */
    static Instant time(JsonNode node) {
        try {
            return node.isTextual()
                    ? OffsetDateTime.parse(node.textValue()).toInstant()
                    : Instant.ofEpochMilli(Math.round(node.asDouble() * 1e3));
        } catch (DateTimeParseException e) {
            throw new ServiceError(400, "MalformedInput", "The value " + node + " is no time");
        }
    }

    static int period(JsonNode node, String at) {
        int period = node.asInt(0);
        boolean high = period == 1 || period == 5 || period == 10 || period == 20 || period == 30;
        if (!high && (period <= 0 || period % 60 != 0)) {
            throw invalid("The parameter " + at + ".Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
        }
        return period;
    }
}
