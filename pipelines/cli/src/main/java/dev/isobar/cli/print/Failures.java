package dev.isobar.cli.print;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How an error is told: in three lines, or as a document. */
public final class Failures {
    private Failures() {}

    /**
     * The document of a command that failed.
     *
     * @param status always {@code FAILED}
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record FailureDocument(String status, ErrorDetail error) {}

    /** The error in it. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record ErrorDetail(
            String code,
            String message,
            @Nullable String hint,
            @Nullable String adapter,
            @Nullable String port,
            @Nullable String operation,
            @Nullable String resource) {}

    /** As a document. */
    public static FailureDocument document(IsobarException e) {
        return new FailureDocument(
                "FAILED",
                new ErrorDetail(
                        e.code().name(),
                        String.valueOf(e.getMessage()),
                        e.hint(),
                        e.adapter(),
                        e.port(),
                        e.operation(),
                        e.resource()));
    }

    /** What, where, and what to do next. */
    public static String text(IsobarException e, Terminal terminal) {
        return text(String.valueOf(e.getMessage()), place(e), e.hint(), terminal);
    }

    static String text(String message, @Nullable String place, @Nullable String hint, Terminal terminal) {
        StringBuilder out = new StringBuilder(terminal.bad("error:"))
                .append(' ')
                .append(indent(terminal.plain(message), 7))
                .append('\n');
        if (place != null && !place.isEmpty()) {
            out.append("  at: ").append(indent(terminal.plain(place), 6)).append('\n');
        }
        if (hint != null && !hint.isEmpty()) {
            out.append("  next: ").append(indent(terminal.plain(hint), 8)).append('\n');
        }
        return out.toString();
    }

    private static String place(IsobarException e) {
        List<String> parts = new ArrayList<>();
        if (e.resource() != null) {
            parts.add(e.resource());
        }
        if (e.port() != null) {
            parts.add(e.port() + (e.operation() == null ? "" : "." + e.operation()));
        }
        if (e.adapter() != null) {
            parts.add("adapter " + e.adapter());
        }
        return String.join(", ", parts.stream().filter(Objects::nonNull).toList());
    }

    private static String indent(String text, int by) {
        return text.strip().replace("\n", "\n" + " ".repeat(by));
    }
}
