package dev.isobar.conformance.report;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.conformance.report.SuiteReport.Result;
import dev.isobar.conformance.report.SuiteReport.Tested;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The capability matrix: which adapter keeps which promises, from the reports of the suites that ran last. As a program it puts the matrix into a document between
 * {@code <!-- matrix -->} and {@code <!-- /matrix -->}.
 *
 * @since 0.1
 */
public final class CapabilityMatrix {
    private static final String BEGIN = "<!-- matrix -->";
    private static final String END = "<!-- /matrix -->";

    private static final Pattern REPORT = Pattern.compile("/target/conformance/[^/]+\\.json$");

    private final List<SuiteReport> reports;

    private CapabilityMatrix(List<SuiteReport> reports) {
        this.reports = reports;
    }

    /**
     * {@code ROOT DOCUMENT}: reads {@code target/conformance} of every module below a folder, and writes the document anew. Exit code 1 if there is no report, or a
     * promise is broken, or the document has no place for the matrix.
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("Two arguments are needed: the project's folder and the document.");
            System.exit(2);
        }
        CapabilityMatrix matrix = below(Path.of(arguments[0]));
        Path document = Path.of(arguments[1]);
        String text = Files.readString(document);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (matrix.reports.isEmpty() || begin < 0 || end < begin) {
            System.err.println(
                    matrix.reports.isEmpty()
                            ? "No suite has run: `mvn verify` runs them."
                            : document + " has no " + BEGIN + " … " + END + ".");
            System.exit(1);
        }
        Files.writeString(
                document, text.substring(0, begin + BEGIN.length()) + "\n" + matrix.markdown() + text.substring(end));
        matrix.notes().forEach(System.out::println);
        if (matrix.reports.stream().anyMatch(r -> r.count(Result.BROKEN) > 0)) {
            System.exit(1);
        }
    }

    /** The matrix of every report below a folder. */
    public static CapabilityMatrix below(Path root) throws IOException {
        List<SuiteReport> reports = new ArrayList<>();
        try (Stream<Path> files = Files.find(
                root,
                6,
                (file, attributes) ->
                        REPORT.matcher(file.toString().replace('\\', '/')).find())) {
            for (Path file : files.sorted().toList()) {
                reports.add(SuiteReport.fromJson(Files.readString(file)));
            }
        }
        return new CapabilityMatrix(reports);
    }

    /** A table: a row for each port and below it its capabilities, a column for each adapter. */
    public String markdown() {
        Map<String, Map<Port, List<SuiteReport>>> byAdapter = new TreeMap<>((a, b) -> order(a).compareTo(order(b)));
        for (SuiteReport report : reports) {
            Tested tested = report.platform();
            if (tested != null) {
                byAdapter
                        .computeIfAbsent(tested.adapter(), a -> new EnumMap<>(Port.class))
                        .computeIfAbsent(tested.port(), p -> new ArrayList<>())
                        .add(report);
            }
        }
        StringBuilder out = new StringBuilder("\n| |");
        byAdapter.keySet().forEach(a -> out.append(" `").append(a).append("` |"));
        out.append("\n|---|").append("---|".repeat(byAdapter.size())).append('\n');
        for (Port port : Port.values()) {
            out.append("| **").append(words(port.name())).append("** |");
            byAdapter
                    .values()
                    .forEach(ports ->
                            out.append(' ').append(cell(ports.get(port))).append(" |"));
            out.append('\n');
            for (Capability capability : Capability.values()) {
                if (capability.port() == port) {
                    out.append("| – ").append(words(capability.name())).append(" |");
                    byAdapter
                            .values()
                            .forEach(ports -> out.append(' ')
                                    .append(has(ports.get(port), capability) ? "yes" : "–")
                                    .append(" |"));
                    out.append('\n');
                }
            }
        }
        return out.append('\n').toString();
    }

    /** What a reader of the matrix should know: what is broken, and what was not asked and why. */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        for (SuiteReport report : reports) {
            if (report.problem() != null) {
                notes.add(report.suite() + " could not run: " + report.problem());
            }
            report.outcomes().stream()
                    .filter(o -> o.result() != Result.KEPT)
                    .forEach(o -> notes.add(report.suite() + ": "
                            + (o.result() == Result.BROKEN ? "BROKEN" : "not asked") + ": " + o.promise() + ": "
                            + o.reason().lines().findFirst().orElse("")));
        }
        return notes;
    }

    private static String cell(@Nullable List<SuiteReport> suites) {
        if (suites == null) {
            return "–";
        }
        long broken = suites.stream().mapToLong(s -> s.count(Result.BROKEN)).sum();
        List<String> ran = new ArrayList<>();
        String service = "";
        for (SuiteReport suite : suites) {
            Tested tested = suite.platform();
            if (tested != null) {
                service = tested.service();
                ran.add(suite.count(Result.KEPT) + " on " + tested.against());
            }
        }
        return service + "<br>" + (broken == 0 ? "" : broken + " BROKEN, ") + String.join(", ", ran);
    }

    private static boolean has(@Nullable List<SuiteReport> suites, Capability capability) {
        return suites != null
                && suites.stream()
                        .map(SuiteReport::platform)
                        .anyMatch(t -> t != null && t.capabilities().contains(capability));
    }

    /** The reference first. */
    private static String order(String adapter) {
        return adapter.equals("local") ? "" : adapter;
    }

    private static String words(String constant) {
        return constant.toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
