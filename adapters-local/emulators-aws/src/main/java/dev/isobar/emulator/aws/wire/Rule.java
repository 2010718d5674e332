package dev.isobar.emulator.aws.wire;

import java.util.List;
import java.util.regex.Pattern;

/** What the service's model asks of a text: characters by number and pattern, or one of a set. */
public record Rule(int min, int max, Pattern pattern, List<String> values) {
    /** Any text of at most {@code max} characters. */
    public static Rule length(int max) {
        return new Rule(0, max, Pattern.compile("[\\S\\s]*"), List.of());
    }

    /** A text that matches as a whole. */
    public static Rule pattern(int min, int max, String pattern) {
        return new Rule(min, max, Pattern.compile(pattern), List.of());
    }

    /** One of these words. */
    public static Rule oneOf(String... values) {
        return new Rule(0, Integer.MAX_VALUE, Pattern.compile("[\\S\\s]*"), List.of(values));
    }

    /** What the service says of a value that breaks the rule, or an empty text. */
    String broken(String value) {
        if (!values.isEmpty() && !values.contains(value)) {
            return "Member must satisfy enum value set: " + values;
        }
        if (value.length() > max) {
            return "Member must have length less than or equal to " + max;
        }
        if (value.length() < min) {
            return "Member must have length greater than or equal to " + min;
        }
        return pattern.matcher(value).matches() ? "" : "Member must satisfy regular expression pattern: " + pattern;
    }
}
