package dev.isobar.emulator.aws.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The members of a request, read against the service's model. What is wrong is gathered and said at once by {@link #check}, in the words of AWS's
 * front ends ({@code 1 validation error detected: Value '…' at '…' failed to satisfy constraint: …}). A member of another JSON type is a
 * {@code SerializationException} at once. Until {@code check} has returned, values may be stand-ins. Not thread safe.
 */
public final class Members {
    private final ObjectNode node;
    private final String path;
    private final List<String> errors;

    private Members(ObjectNode node, String path, List<String> errors) {
        this.node = node;
        this.path = path;
        this.errors = errors;
    }

    /** The members of a whole request. */
    public static Members of(ObjectNode request) {
        return new Members(request, "", new ArrayList<>());
    }

    /** The JSON as it came. */
    public ObjectNode json() {
        return node;
    }

    /** Whether the member was sent and is not null. */
    public boolean has(String name) {
        return node.hasNonNull(name);
    }

    /** A text that must be there. */
    public String text(String name, Rule rule) {
        if (!has(name)) {
            missing(name);
            return "";
        }
        return String.valueOf(optionalText(name, rule));
    }

    /** A text, or null. */
    public @Nullable String optionalText(String name, Rule rule) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        return checked(value, at(name), rule);
    }

    /** A text, or what stands for it. */
    public String textOr(String name, String fallback, Rule rule) {
        String value = optionalText(name, rule);
        return value == null ? fallback : value;
    }

    /** A whole number that must be there. */
    public long number(String name, long min, long max) {
        if (!has(name)) {
            missing(name);
            return min;
        }
        return numberOr(name, min, min, max);
    }

    /** A whole number, or what stands for it. */
    public long numberOr(String name, long fallback, long min, long max) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return fallback;
        }
        if (!value.isNumber()) {
            throw serialization(name, "a number");
        }
        return bounded(at(name), value.asLong(), min, max);
    }

    /** A decimal number not below {@code min}, or what stands for it. */
    public double decimalOr(String name, double fallback, double min) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return fallback;
        }
        if (!value.isNumber()) {
            throw serialization(name, "a number");
        }
        if (!(value.asDouble() >= min)) {
            wrong(value.asText(), at(name), "Member must have value greater than or equal to " + (long) min);
        }
        return value.asDouble();
    }

    /** Yes or no; no if it was not sent. */
    public boolean flag(String name) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw serialization(name, "a boolean");
        }
        return value.asBoolean();
    }

    /** A structure that must be there. */
    public Members object(String name) {
        if (!has(name)) {
            missing(name);
        }
        return optionalObject(name);
    }

    /** A structure, empty if it was not sent. */
    public Members optionalObject(String name) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            // A list of its own: what is missing in a structure that was not sent is not wrong.
            return new Members(JsonNodeFactory.instance.objectNode(), at(name), new ArrayList<>());
        }
        if (!(value instanceof ObjectNode inner)) {
            throw serialization(name, "a structure");
        }
        return new Members(inner, at(name), errors);
    }

    /** Structures; none if they were not sent. */
    public List<Members> objects(String name, int min, int max) {
        List<Members> members = new ArrayList<>();
        for (JsonNode item : array(name, min, max)) {
            if (!(item instanceof ObjectNode inner)) {
                throw serialization(name, "a list of structures");
            }
            members.add(new Members(inner, at(name) + "." + (members.size() + 1) + ".member", errors));
        }
        return members;
    }

    /** Texts; none if they were not sent. */
    public List<String> texts(String name, int min, int max, Rule rule) {
        List<String> texts = new ArrayList<>();
        for (JsonNode item : array(name, min, max)) {
            texts.add(checked(item, at(name) + "." + (texts.size() + 1) + ".member", rule));
        }
        return texts;
    }

    /** Texts by name; none if they were not sent. */
    public Map<String, String> map(String name, int max, Rule keys, Rule values) {
        Map<String, String> map = new LinkedHashMap<>();
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return map;
        }
        if (!value.isObject()) {
            throw serialization(name, "a map");
        }
        if (value.size() > max) {
            wrong(value.toString(), at(name), "Member must have length less than or equal to " + max);
        }
        value.properties().forEach(entry -> {
            String wrongKey = keys.broken(entry.getKey());
            if (!wrongKey.isEmpty()) {
                wrong(value.toString(), at(name), "Map keys must satisfy constraint: [" + wrongKey + "]");
            }
            if (!entry.getValue().isTextual()) {
                throw serialization(name + "." + entry.getKey(), "a string");
            }
            String wrongValue = values.broken(entry.getValue().asText());
            if (!wrongValue.isEmpty()) {
                wrong(value.toString(), at(name), "Map value must satisfy constraint: [" + wrongValue + "]");
            }
            map.put(entry.getKey(), entry.getValue().asText());
        });
        return map;
    }

    /** Adds an error about a member. */
    public void wrong(String name, String constraint) {
        JsonNode value = node.get(name);
        wrong(value == null ? "null" : value.asText(value.toString()), at(name), constraint);
    }

    /** Says what was missing or wrong in this and all that was reached from it: {@code ValidationException}. */
    public void check() {
        check("ValidationException");
    }

    /** The same by another name: CloudWatch Logs says {@code InvalidParameterException}. */
    public void check(String type) {
        if (!errors.isEmpty()) {
            throw new ServiceError(
                    400,
                    type,
                    errors.size() + (errors.size() == 1 ? " validation error" : " validation errors") + " detected: "
                            + String.join("; ", errors));
        }
    }

    private JsonNode array(String name, int min, int max) {
        JsonNode value = node.get(name);
        if (value == null || value.isNull()) {
            return JsonNodeFactory.instance.arrayNode();
        }
        if (!value.isArray()) {
            throw serialization(name, "a list");
        }
        if (value.size() < min) {
            wrong(value.toString(), at(name), "Member must have length greater than or equal to " + min);
        }
        if (value.size() > max) {
            wrong(value.toString(), at(name), "Member must have length less than or equal to " + max);
        }
        return value;
    }

    private String checked(JsonNode value, String where, Rule rule) {
        if (!value.isTextual()) {
            throw serialization(where, "a string");
        }
        String text = value.asText();
        String broken = rule.broken(text);
        if (!broken.isEmpty()) {
            wrong(text, where, broken);
        }
        return text;
    }

    private long bounded(String where, long value, long min, long max) {
        if (value < min) {
            wrong(Long.toString(value), where, "Member must have value greater than or equal to " + min);
        }
        if (value > max) {
            wrong(Long.toString(value), where, "Member must have value less than or equal to " + max);
        }
        return value;
    }

    private void missing(String name) {
        errors.add("Value null at '" + at(name) + "' failed to satisfy constraint: Member must not be null");
    }

    private void wrong(String value, String where, String constraint) {
        errors.add("Value '" + value + "' at '" + where + "' failed to satisfy constraint: " + constraint);
    }

    private String at(String name) {
        String lower = name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
        return path.isEmpty() ? lower : path + "." + lower;
    }

    private static ServiceError serialization(String name, String expected) {
        return new ServiceError(400, "SerializationException", name + " is not " + expected);
    }
}
