package dev.isobar.emulator.aws.logs;

import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;

/**
 * A filter pattern of terms.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html">the syntax</a>
 */
final class Pattern {
    private static final java.util.regex.Pattern TERM =
            java.util.regex.Pattern.compile("([?-]?)(?:\"([^\"]*)\"|([^\\s\"]+))");

    private Pattern() {}

    static Predicate<String> of(String text) {
        String pattern = text.strip();
        if (pattern.startsWith("{") || pattern.startsWith("[") || pattern.startsWith("%")) {
            throw new ServiceError(
                    400,
                    "InvalidParameterException",
                    "Invalid filter pattern: this emulator knows patterns of terms, not of JSON, columns or regular"
                            + " expressions");
        }
        List<String> all = new ArrayList<>();
        List<String> any = new ArrayList<>();
        List<String> none = new ArrayList<>();
        Matcher terms = TERM.matcher(pattern);
        while (terms.find()) {
            String term = terms.group(2) == null ? terms.group(3) : terms.group(2);
            switch (terms.group(1)) {
                case "?" -> any.add(term);
                case "-" -> none.add(term);
                default -> all.add(term);
            }
        }
        return message -> all.stream().allMatch(message::contains)
                && none.stream().noneMatch(message::contains)
                && (any.isEmpty() || any.stream().anyMatch(message::contains));
    }
}
