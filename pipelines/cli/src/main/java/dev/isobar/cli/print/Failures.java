package dev.isobar.cli.print;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.result.RunResult;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How an error is told: in four lines, or as a document. */
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

    /** What, of what kind, where, and what to do next. */
    public static String text(IsobarException e, Terminal terminal) {
        return text(
                e.code().name(),
                String.valueOf(e.getMessage()),
                place(null, e.resource(), e.port(), e.operation(), e.adapter()),
                e.hint(),
                terminal);
    }

    /** The same of what ended a run. */
    static String text(RunResult.Failure f, Terminal terminal) {
        String place = place("step " + f.step(), f.resource(), f.port(), f.operation(), f.adapter());
        return text(f.code(), f.message(), place, f.hint(), terminal);
    }

    private static String text(String code, String message, String place, @Nullable String hint, Terminal terminal) {
        StringBuilder out = new StringBuilder(terminal.bad("error:"))
                .append(' ')
                .append(indent(terminal.plain(message), 7))
                .append('\n');
        out.append("  code: ").append(code).append('\n');
        if (!place.isEmpty()) {
            out.append("  at: ").append(indent(terminal.plain(place), 6)).append('\n');
        }
        if (hint != null && !hint.isEmpty()) {
            out.append("  next: ").append(indent(terminal.plain(hint), 8)).append('\n');
        }
        return out.toString();
    }

    private static String place(
            @Nullable String step,
            @Nullable String resource,
            @Nullable String port,
            @Nullable String operation,
            @Nullable String adapter) {
        return Stream.of(
                        step,
                        resource,
                        port == null || operation == null ? port : port + "." + operation,
                        adapter == null ? null : "adapter " + adapter)
                .filter(Objects::nonNull)
                .collect(Collectors.joining(", "));
    }

    private static String indent(String text, int by) {
        return text.strip().replace("\n", "\n" + " ".repeat(by));
    }
}
