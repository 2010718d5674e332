package dev.isobar.emulator.gcp.logging;

import dev.isobar.emulator.gcp.logging.LogLines.Line;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of the Logging query language that comparisons joined by {@code AND} make: {@code resource.type}, {@code resource.labels.X}, {@code labels.X}, {@code
 * logName} with {@code =}, and {@code timestamp} with {@code >} and {@code >=}.
 *
 * @see <a href="https://cloud.google.com/logging/docs/view/logging-query-language">Logging query language</a>
 */
final class LineFilter {
    private static final Pattern TERM =
            Pattern.compile("\\s*([A-Za-z_.\"-]+)\\s*(>=|=|>)\\s*\"([^\"]*)\"\\s*(?:AND\\b|\\n|$)");

    private LineFilter() {}

    static Predicate<Line> of(String project, String text) {
        List<Predicate<Line>> all = new ArrayList<>();
        Matcher term = TERM.matcher(text);
        int at = 0;
        while (at < text.length()) {
            if (!term.find(at) || term.start() != at) {
                throw Status.INVALID_ARGUMENT
                        .withDescription("Unparseable filter: syntax error at line 1, column " + (at + 1)
                                + ": this emulator knows comparisons of resource.type, resource.labels, labels, logName and"
                                + " timestamp joined by AND")
                        .asRuntimeException();
            }
            all.add(term(project, term.group(1), term.group(2), term.group(3)));
            at = term.end();
        }
        return line -> all.stream().allMatch(p -> p.test(line));
    }

    private static Predicate<Line> term(String project, String field, String operator, String value) {
        if (field.equals("timestamp")) {
            long nanos;
            try {
                java.time.Instant instant = java.time.Instant.parse(value);
                nanos = instant.getEpochSecond() * 1_000_000_000 + instant.getNano();
            } catch (java.time.format.DateTimeParseException e) {
                throw Status.INVALID_ARGUMENT
                        .withDescription("Unparseable filter: invalid timestamp " + value)
                        .withCause(e)
                        .asRuntimeException();
            }
            return operator.equals("=")
                    ? line -> line.nanos() == nanos
                    : operator.equals(">") ? line -> line.nanos() > nanos : line -> line.nanos() >= nanos;
        }
        if (!operator.equals("=")) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("Unparseable filter: " + operator + " is for timestamp only in this emulator")
                    .asRuntimeException();
        }
        if (field.equals("resource.type")) {
            return line -> line.type().equals(value);
        }
        if (field.equals("logName")) {
            return line -> ("projects/" + project + "/logs/" + line.log()).equals(value);
        }
        if (field.startsWith("resource.labels.")) {
            String label = field.substring("resource.labels.".length());
            return line -> value.equals(line.labels().get(label));
        }
        if (field.startsWith("labels.")) {
            String label = field.substring("labels.".length());
            return line -> value.equals(line.entryLabels().get(label));
        }
        throw Status.INVALID_ARGUMENT
                .withDescription("Unparseable filter: unknown field " + field)
                .asRuntimeException();
    }
}
