package dev.isobar.emulator.gcp.vertex;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Filters of lists as far as comparisons joined by {@code AND} go: {@code labels.KEY="V"}, {@code labels.KEY:*}, {@code display_name="V"}, {@code state="V"} and
 * {@code state!="V"}.
 *
 * @see <a href="https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs/list">the field filter</a>
 */
final class Filter {
    private static final Pattern TERM = Pattern.compile(
            "\\s*([A-Za-z_]+)(?:\\.([a-z0-9_-]+))?\\s*(=|!=|:)\\s*(?:\"([^\"]*)\"|([A-Za-z0-9_*-]+))\\s*(?:AND\\b|$)");

    private Filter() {}

    /** What is compared. */
    record Seen(String displayName, String state, Map<String, String> labels) {}

    static Predicate<Seen> of(String text) {
        List<Predicate<Seen>> all = new ArrayList<>();
        Matcher term = TERM.matcher(text);
        int at = 0;
        while (at < text.length()) {
            if (!term.find(at) || term.start() != at) {
                throw Refused.field("filter", "Invalid filter: " + text);
            }
            String value = term.group(4) == null ? term.group(5) : term.group(4);
            all.add(term(text, term.group(1), term.group(2), term.group(3), value));
            at = term.end();
        }
        return seen -> all.stream().allMatch(p -> p.test(seen));
    }

    private static Predicate<Seen> term(String text, String field, String key, String operator, String value) {
        if (field.equals("labels") && key != null) {
            return switch (operator) {
                case ":" -> seen -> seen.labels().containsKey(key);
                case "=" -> seen -> value.equals(seen.labels().get(key));
                default -> seen -> !value.equals(seen.labels().get(key));
            };
        }
        boolean wanted = operator.equals("=");
        return switch (field) {
            case "display_name", "displayName" ->
                seen -> wanted == seen.displayName().equals(value);
            case "state" -> seen -> wanted == seen.state().equals(value);
            default -> throw Refused.field("filter", "Invalid filter: " + text);
        };
    }
}
