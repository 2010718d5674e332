package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the neutral layer costs on a cloud: the adapter beside loops on the cloud's own client, both in one process and in turn, against a responder in another
 * process whose answers are canned. Less is better; what arrived and what came back must be the same, else there is no ratio.
 */
final class LayerSuite implements Suite {
    private static final double GOAL = 1.1;
    private static final double MEBIBYTE = 1 << 20;

    /**
     * A comparison.
     *
     * @param run which run measures it
     * @param prefix of its fields there
     * @param title for the table
     * @param ratio its keys begin so; empty for one that only stands beside the others. Of several with one key the worst counts
     * @param factor from the measured unit to the table's
     * @param unit what one is
     * @param also names of further sides of ours
     */
    private record Line(
            String run, String prefix, String title, String ratio, double factor, String unit, List<String> also) {}

    private static final List<Line> AWS = List.of(
            new Line(
                    "aws_append",
                    "",
                    "Kinesis append, a record an event",
                    "kinesis_append",
                    1,
                    "event",
                    List.of("isobar_aggregated")),
            new Line("aws_read", "", "Kinesis read, polling", "kinesis_read", 1, "event", List.of("isobar_sink")),
            new Line("aws_files", "put_", "S3 putFile, 64 MiB", "s3_put", MEBIBYTE, "MiB", List.of()),
            new Line("aws_objects", "put_", "S3 put, 10 KiB", "s3_put", 1, "object", List.of()),
            new Line("aws_files", "get_", "S3 getFile, 64 MiB", "s3_get", MEBIBYTE, "MiB", List.of()),
            new Line("aws_objects", "get_", "S3 get, 10 KiB", "s3_get", 1, "object", List.of()),
            new Line(
                    "aws_emulator",
                    "",
                    "Kinesis append on our emulator",
                    "",
                    1,
                    "event",
                    List.of("isobar_aggregated")));

    private static final List<Line> GCP = List.of(
            new Line("gcp_publish", "", "Pub/Sub append", "pubsub_publish", 1, "event", List.of("google_publisher")),
            new Line(
                    "gcp_pull",
                    "",
                    "Pub/Sub read",
                    "pubsub_pull",
                    1,
                    "event",
                    List.of("isobar_sink", "google_subscriber")),
            new Line("gcp_files", "put_", "Cloud Storage putFile, 64 MiB", "storage_put", MEBIBYTE, "MiB", List.of()),
            new Line("gcp_objects", "put_", "Cloud Storage put, 10 KiB", "storage_put", 1, "object", List.of()),
            new Line("gcp_files", "get_", "Cloud Storage getFile, 64 MiB", "storage_get", MEBIBYTE, "MiB", List.of()),
            new Line("gcp_objects", "get_", "Cloud Storage get, 10 KiB", "storage_get", 1, "object", List.of()));

    private final String cloud;
    private final List<Line> lines;
    private final Map<String, List<JsonNode>> runs = new LinkedHashMap<>();
    private final Map<String, String> failed = new LinkedHashMap<>();

    private LayerSuite(String cloud, List<Line> lines) {
        this.cloud = cloud;
        this.lines = lines;
    }

    static LayerSuite aws() {
        return new LayerSuite("aws", AWS);
    }

    static LayerSuite gcp() {
        return new LayerSuite("gcp", GCP);
    }

    @Override
    public String name() {
        return cloud;
    }

    @Override
    public void run(Settings settings, Report report) {
        Launch launch = new Launch(settings);
        for (int r = 0; r < settings.repetitions(); r++) {
            for (String name : lines.stream().map(Line::run).distinct().toList()) {
                measure(launch, settings, name);
            }
        }
        runs.forEach((name, of) -> of.forEach(run -> {
            ObjectNode figure = report.figures.addObject();
            figure.put("suite", name());
            run.properties().forEach(f -> figure.set(f.getKey(), f.getValue()));
        }));
        lines.stream().filter(l -> !l.ratio().isEmpty()).forEach(l -> ratios(l, report));
        report.tables.put(name(), table());
    }

    private void measure(Launch launch, Settings settings, String name) {
        // One core for this process: a second thread of the collector would only wait for it.
        Entrant e = Entrant.of(name, name, cloud, "dev.isobar.benchmarks." + cloud + ".Main", "", 0)
                .jvm("-XX:ParallelGCThreads=1");
        String missing = launch.missing(e);
        if (!settings.wants(name) || !missing.isEmpty()) {
            failed.put(name, missing.isEmpty() ? "not asked for" : missing);
            return;
        }
        JsonNode result = launch.run(e, "--measure", "" + settings.seconds());
        if (result.has("failed")) {
            failed.put(name, result.get("failed").asText());
            Say.progress(name + " failed: " + failed.get(name));
            return;
        }
        runs.computeIfAbsent(name, n -> new ArrayList<>()).add(result);
        Say.progress(name + " " + result);
    }

    private void ratios(Line line, Report report) {
        String cpu = line.ratio() + "_cpu_vs_sdk";
        String alloc = line.ratio() + "_alloc_vs_sdk";
        if (!whyNot(line).isEmpty()) {
            report.notMeasured.put(cpu, whyNot(line));
            report.notMeasured.put(alloc, whyNot(line));
            report.ratios.remove(cpu);
            report.ratios.remove(alloc);
        } else if (!report.notMeasured.containsKey(cpu)) {
            report.ratios.merge(cpu, ratio(line, "isobar", "_cpu_ns"), Math::max);
            report.ratios.merge(alloc, ratio(line, "isobar", "_bytes"), Math::max);
        }
    }

    private String whyNot(Line line) {
        if (failed.containsKey(line.run())) {
            return line.run() + ": " + failed.get(line.run());
        }
        return of(line).stream().allMatch(n -> n.get(line.prefix() + "same").asBoolean())
                ? ""
                : line.run() + ": what arrived or came back is not the same";
    }

    /** The median, over the repetitions, of ours divided by the loop's in the same process. */
    private double ratio(Line line, String side, String field) {
        return median(of(line).stream()
                .mapToDouble(n -> n.get(line.prefix() + side + field).asDouble()
                        / n.get(line.prefix() + "sdk" + field).asDouble())
                .toArray());
    }

    private double of(Line line, String side, String field) {
        return median(of(line).stream()
                .mapToDouble(n -> n.get(line.prefix() + side + field).asDouble())
                .toArray());
    }

    private List<JsonNode> of(Line line) {
        return runs.getOrDefault(line.run(), List.of());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    private String table() {
        StringBuilder t = new StringBuilder();
        t.append("Isobar's cost over the loop's; less is better, and the goal is at most ")
                .append(GOAL)
                .append(
                        ".\n\n| what | side | CPU, µs | ± | allocated, bytes | for one | per second | CPU / loop's | bytes / loop's |\n")
                .append("|---|---|---:|---:|---:|---|---:|---:|---:|\n");
        for (Line line : lines) {
            if (!whyNot(line).isEmpty()) {
                t.append("| ")
                        .append(line.title())
                        .append(" | ")
                        .append(whyNot(line))
                        .append(" | | | | | | | |\n");
                continue;
            }
            List<String> sides = new ArrayList<>(List.of("isobar", "sdk"));
            sides.addAll(line.also());
            for (String side : sides) {
                t.append(String.format(
                        Locale.ROOT,
                        "| %s | %s | %,.2f | %.0f %% | %,.0f | %s | %,.0f | %.2f | %.2f |%n",
                        line.title(),
                        side.replace('_', ' '),
                        of(line, side, "_cpu_ns") * line.factor() / 1e3,
                        of(line, side, "_cpu_spread") * 100,
                        of(line, side, "_bytes") * line.factor(),
                        line.unit(),
                        of(line, side, "_per_second") / line.factor(),
                        ratio(line, side, "_cpu_ns"),
                        ratio(line, side, "_bytes")));
            }
        }
        return t.toString();
    }
}
