package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The whole local path, against what does a part of it: the hand-written loop, in memory and without any durability, and Flink with its state in RocksDB, without a durable log, without a
 * feature table. And how long the path takes to be back after it was killed.
 */
final class PathSuite implements Suite {
    private static final String ARRIVED = "ARRIVED";
    private static final int FLINK_EVENTS = 1_000_000;
    private static final int ON_TIME = 100_000;

    private static final Entrant PATH = Entrant.of(
            "path",
            "log → kernel → checkpoints, online state, Parquet",
            "path",
            "dev.isobar.benchmarks.path.Main",
            ARRIVED,
            Integer.MAX_VALUE);
    private static final Entrant RECOVERY =
            Entrant.of("path_recovery", "recovery", "path", "dev.isobar.benchmarks.path.Main", ARRIVED, 0);

    /** A competitor on some of the transactions, and its runs. */
    private static final class Line {
        private final Entrant entrant;
        private final int events;
        private final List<JsonNode> ok = new ArrayList<>();
        private String verdict = "";
        private boolean believed;

        Line(Entrant entrant, int events) {
            this.entrant = entrant;
            this.events = events;
        }

        double speed() {
            return Median.of(ok, "events_per_cpu_second");
        }

        Path sample(Settings settings) {
            return settings.scratch().resolve("path-suite-" + entrant.name() + "-" + events + ".sample");
        }
    }

    /** The middle of what repetitions gave. */
    private static final class Median {
        static double of(List<JsonNode> runs, String field) {
            double[] values = runs.stream()
                    .filter(n -> n.has(field))
                    .mapToDouble(n -> n.get(field).asDouble())
                    .sorted()
                    .toArray();
            return values.length == 0 ? Double.NaN : (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
        }
    }

    @Override
    public String name() {
        return "path";
    }

    @Override
    public void run(Settings settings, Report report) {
        Launch launch = new Launch(settings);
        int all = settings.events();
        int some = Math.min(all, FLINK_EVENTS);
        Map<String, Line> lines = new LinkedHashMap<>();
        add(lines, launch, settings, "path", new Line(PATH, all));
        add(lines, launch, settings, "path_some", new Line(PATH, some));
        add(lines, launch, settings, "loop", new Line(known("loop"), all));
        add(lines, launch, settings, "kernel", new Line(known("kernel"), all));
        add(lines, launch, settings, "kernel_some", new Line(known("kernel"), some));
        add(lines, launch, settings, "flink_rocksdb", new Line(known("flink_rocksdb"), some));
        for (int r = 0; r < settings.repetitions(); r++) {
            for (Line line : lines.values()) {
                measure(launch, settings, line, r);
            }
        }
        lines.forEach(
                (key, line) -> judge(launch, settings, line, lines.get(line.events == all ? "kernel" : "kernel_some")));
        lines.values().forEach(line -> figure(line, report));
        ratio(report, "path_vs_loop", lines.get("path"), lines.get("loop"));
        ratio(report, "path_vs_kernel", lines.get("path"), lines.get("kernel"));
        ratio(report, "path_vs_flink_rocksdb", lines.get("path_some"), lines.get("flink_rocksdb"));
        String recovery = recovery(launch, settings, report);
        report.tables.put(name(), table(lines, recovery));
    }

    private static Entrant known(String name) {
        return KernelSuite.ENTRANTS.stream()
                .filter(e -> e.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void add(Map<String, Line> lines, Launch launch, Settings settings, String key, Line line) {
        boolean wanted =
                settings.wants(line.entrant.name()) || line.entrant.name().equals("kernel");
        if (wanted && launch.missing(line.entrant).isEmpty()) {
            lines.put(key, line);
        }
    }

    private static void measure(Launch launch, Settings settings, Line line, int repetition) {
        if (!line.verdict.isEmpty()) {
            return;
        }
        JsonNode result = launch.run(
                line.entrant,
                "--events",
                "" + line.events,
                "--measure",
                "" + settings.seconds(),
                "--sample",
                line.sample(settings).toString());
        if (result.has("failed")) {
            line.verdict = "failed: " + result.get("failed").asText();
            Say.progress(line.entrant.name() + " " + line.verdict);
            return;
        }
        line.ok.add(result);
        Say.progress(String.format(
                Locale.ROOT,
                "%d/%d  %-32s %9d events  %12.0f events/CPU-s",
                repetition + 1,
                settings.repetitions(),
                line.entrant.name(),
                line.events,
                result.get("events_per_cpu_second").asDouble()));
    }

    /**
     * The kernel in memory was asked in the order of delivery; the path counts everything available at the decision's own instant. Where two transactions of a card are of one instant both are right, which
     * the digest of all vectors shows and the sample does not.
     */
    private static void judge(Launch launch, Settings settings, Line line, @Nullable Line truth) {
        if (!line.verdict.isEmpty()) {
            return;
        }
        if (line == truth) {
            line.verdict = "is what the others are compared with";
            line.believed = true;
            return;
        }
        if (truth == null || truth.ok.isEmpty() || line.ok.isEmpty()) {
            line.verdict = "not judged: the kernel failed";
            return;
        }
        Judge.Verdict v = Judge.compare(truth.sample(settings), line.sample(settings));
        boolean every = line.ok.get(0).get("digest").equals(truth.ok.get(0).get("digest"));
        line.believed = v.close();
        line.verdict = v.exact()
                ? every ? "exact, every vector" : "exact in the sample"
                : v.close()
                        ? String.format(Locale.ROOT, "within %.1e", v.maxRelativeError())
                        : String.format(Locale.ROOT, "WRONG: %d of %d values differ", v.apart(), v.values());
        if (!v.close() && exactOnTime(launch, settings, line)) {
            line.believed = true;
            line.verdict = String.format(
                    Locale.ROOT, "approximate by late data: %.2f %% of values", 100.0 * v.apart() / v.values());
        }
        if (!v.exact()) {
            Say.progress(line.entrant.name() + ": " + line.verdict);
        }
    }

    // It differs. If it does not where nothing is late, it differs by late data alone.
    private static boolean exactOnTime(Launch launch, Settings settings, Line line) {
        int events = Math.min(ON_TIME, line.events);
        Path ours = settings.scratch().resolve("path-suite-kernel-on-time.sample");
        Path theirs = settings.scratch().resolve("path-suite-" + line.entrant.name() + "-on-time.sample");
        for (Map.Entry<Entrant, Path> e :
                Map.of(known("kernel"), ours, line.entrant, theirs).entrySet()) {
            JsonNode result = launch.run(
                    e.getKey(),
                    "--events",
                    "" + events,
                    "--late",
                    "false",
                    "--measure",
                    "0",
                    "--sample",
                    "" + e.getValue());
            if (result.has("failed")) {
                return false;
            }
        }
        return Judge.compare(ours, theirs).close();
    }

    private void figure(Line line, Report report) {
        ObjectNode f = report.figures.addObject();
        f.put("suite", name())
                .put("competitor", line.entrant.name())
                .put("title", line.entrant.title())
                .put("events", line.events)
                .put("verdict", line.verdict)
                .put("believed", line.believed);
        if (!line.ok.isEmpty()) {
            f.put("repetitions", line.ok.size())
                    .put("events_per_cpu_second", line.speed())
                    .put("events_per_second", Median.of(line.ok, "events_per_second"));
            String note = line.ok.get(0).path("note").asText();
            if (!note.isEmpty()) {
                f.put("note", note);
                report.versions.put(line.entrant.name(), note);
            }
        }
    }

    private static void ratio(Report report, String key, @Nullable Line above, @Nullable Line below) {
        if (above == null || below == null) {
            report.notMeasured.put(key, "not asked for, or not built");
        } else if (!above.believed || !below.believed) {
            report.notMeasured.put(key, above.believed ? below.verdict : above.verdict);
        } else {
            report.ratios.put(key, above.speed() / below.speed());
        }
    }

    private String recovery(Launch launch, Settings settings, Report report) {
        if (!settings.wants(RECOVERY.name()) || !launch.missing(RECOVERY).isEmpty()) {
            return "";
        }
        JsonNode result = launch.run(RECOVERY);
        if (result.has("failed")) {
            Say.progress("recovery failed: " + result.get("failed").asText());
            report.figures
                    .addObject()
                    .put("suite", name())
                    .put("competitor", RECOVERY.name())
                    .put("failed", result.get("failed").asText());
            return "";
        }
        ObjectNode f = report.figures.addObject();
        f.put("suite", name()).put("competitor", RECOVERY.name());
        for (String field :
                List.of("recovery_seconds", "recovery_seconds_worst", "recovery_seconds_from_main", "recovered_keys")) {
            f.set(field, result.get(field));
        }
        return String.format(
                Locale.ROOT,
                "%nAfter `kill -9`, %,d keys: %.2f s from the start of the process until it reads on (worst %.2f), %.2f s of them from its main.%n",
                result.get("recovered_keys").asLong(),
                result.get("recovery_seconds").asDouble(),
                result.get("recovery_seconds_worst").asDouble(),
                result.get("recovery_seconds_from_main").asDouble());
    }

    private static String table(Map<String, Line> lines, String recovery) {
        StringBuilder t = new StringBuilder();
        t.append(
                "| competitor | transactions | per CPU-second | per second | its answers |\n|---|---:|---:|---:|---|\n");
        for (Line line : lines.values()) {
            t.append(String.format(
                    Locale.ROOT,
                    "| %s | %,d | %,.0f | %,.0f | %s |%n",
                    line.entrant.title(),
                    line.events,
                    line.speed(),
                    Median.of(line.ok, "events_per_second"),
                    line.verdict.lines().findFirst().orElse("")));
        }
        return t.append(recovery).toString();
    }
}
