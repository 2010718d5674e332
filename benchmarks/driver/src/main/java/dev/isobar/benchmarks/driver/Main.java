package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** {@code benchmarks/run}: the folder {@code benchmarks}, then its arguments. Ends with 2 if the arguments are wrong. */
public final class Main {
    /** Every comparison there is; one that is missing leaves its ratios among those not measured. */
    private static final List<Suite> SUITES = List.of(
            new KernelSuite(),
            new ScaleSuite(),
            new PathSuite(),
            new BackfillSuite(),
            new ServerSuite(),
            LayerSuite.aws(),
            LayerSuite.gcp());

    private Main() {}

    /** Entry point. */
    public static void main(String[] args) throws IOException {
        Path scratch = Files.createTempDirectory("isobar-benchmarks");
        try {
            Settings settings;
            try {
                settings = Settings.parse(
                        Path.of(args[0]),
                        scratch,
                        List.of(args).subList(1, args.length).toArray(new String[0]));
            } catch (IllegalArgumentException e) {
                Say.progress("error: " + e.getMessage());
                System.exit(2);
                return;
            }
            run(settings);
        } finally {
            delete(scratch);
        }
    }

    private static void run(Settings settings) throws IOException {
        Report report = new Report();
        for (String name : settings.suites()) {
            Suite suite = SUITES.stream()
                    .filter(s -> s.name().equals(name))
                    .findFirst()
                    .orElse(null);
            if (suite == null) {
                Say.progress(name + ": no such comparison yet");
            } else {
                suite.run(settings, report);
            }
        }
        ObjectNode json = report.json(settings);
        if (settings.json()) {
            System.out.println(
                    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json));
        } else {
            print(report, json);
        }
        Path page = settings.write();
        if (page != null) {
            report.tables.put("machine", machine(settings, json));
            Page.write(page, report.tables);
            Say.progress("wrote " + page);
        }
    }

    private static void print(Report report, ObjectNode json) {
        report.tables.forEach((name, table) -> System.out.println("\n" + name + "\n\n" + table));
        json.get("ratios")
                .properties()
                .forEach(r -> System.out.printf(
                        Locale.ROOT, "%-32s %10.2f%n", r.getKey(), r.getValue().asDouble()));
        json.get("not_measured")
                .properties()
                .forEach(r -> System.out.printf(
                        "%-32s not measured: %s%n", r.getKey(), r.getValue().asText()));
    }

    private static String machine(Settings settings, ObjectNode json) {
        StringBuilder t = new StringBuilder("| what | |\n|---|---|\n");
        t.append("| date | ").append(LocalDate.now(ZoneOffset.UTC)).append(" |\n");
        json.get("machine")
                .properties()
                .forEach(f -> t.append("| ")
                        .append(f.getKey().replace('_', ' '))
                        .append(" | ")
                        .append(f.getValue().asText())
                        .append(" |\n"));
        t.append("| JVM options of every competitor | `")
                .append(String.join(" ", Launch.JVM))
                .append("` |\n| repetitions | ")
                .append(settings.repetitions())
                .append(" |\n");
        json.get("versions")
                .properties()
                .forEach(f -> t.append("| ")
                        .append(f.getKey())
                        .append(" | ")
                        .append(f.getValue().asText())
                        .append(" |\n"));
        return t.toString();
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
