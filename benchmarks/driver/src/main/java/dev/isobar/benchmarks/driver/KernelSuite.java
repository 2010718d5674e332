package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The features alone, in memory: our kernel, the loops, and what a user would pick instead. Each competitor is compared with our kernel answering the same
 * question about the same transactions; it is believed only if its sampled answers are ours, or would be without late data.
 */
final class KernelSuite implements Suite {
    private static final String KERNEL_MAIN = "dev.isobar.benchmarks.kernel.Main";
    private static final String ARRIVED = "ARRIVED";
    private static final String EVENT_TIME = "EVENT_TIME";
    private static final String WITH_CURRENT = "EVENT_TIME_WITH_CURRENT";
    private static final int ALL = Integer.MAX_VALUE;

    /** Enough for windows to fill on busy cards, few enough for the slowest. */
    private static final int ON_TIME = 100_000;

    private static final String[] OPEN = {
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--add-opens=java.base/java.util=ALL-UNNAMED",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "--add-opens=java.base/java.time=ALL-UNNAMED"
    };

    static final List<Entrant> ENTRANTS = List.of(
            Entrant.of("kernel", "Isobar kernel", "kernel", KERNEL_MAIN, ARRIVED, ALL)
                    .withLatency(),
            Entrant.of("kernel_threads_2", "Isobar kernel, two threads", "kernel", KERNEL_MAIN, ARRIVED, ALL),
            Entrant.of("loop", "loop: same semantics, by hand", "kernel", KERNEL_MAIN, ARRIVED, ALL)
                    .withLatency(),
            Entrant.of("loop_threads_2", "loop, two threads", "kernel", KERNEL_MAIN, ARRIVED, ALL),
            Entrant.of("bare_loop", "bare loop: no ids, one clock", "kernel", KERNEL_MAIN, ARRIVED, ALL),
            flink("flink_nothing", "Flink, doing nothing", ARRIVED, ALL).unjudged(),
            flink("flink_heap", "Flink, keyed process function, heap", ARRIVED, ALL),
            flink("flink_rocksdb", "Flink, keyed process function, RocksDB", ARRIVED, 1_000_000),
            flink("flink_sql_over", "Flink SQL, OVER", WITH_CURRENT, 100_000),
            Entrant.of(
                    "kafka_streams",
                    "Kafka Streams, in-memory store",
                    "kafka-streams",
                    "dev.isobar.benchmarks.kafka.Main",
                    ARRIVED,
                    1_000_000),
            Entrant.of(
                    "beam_direct",
                    "Beam, direct runner",
                    "beam",
                    "dev.isobar.benchmarks.beam.Main",
                    EVENT_TIME,
                    50_000),
            Entrant.of(
                            "beam_flink",
                            "Beam, Flink runner",
                            "beam-flink",
                            "dev.isobar.benchmarks.beam.Main",
                            EVENT_TIME,
                            1_000_000)
                    .jvm(OPEN),
            Entrant.of(
                    "duckdb",
                    "DuckDB, window frames",
                    "duckdb",
                    "dev.isobar.benchmarks.duckdb.Main",
                    EVENT_TIME,
                    1_000_000));

    private static Entrant flink(String name, String title, String question, int events) {
        return Entrant.of(name, title, "flink", "dev.isobar.benchmarks.flink.Main", question, events)
                .jvm(OPEN);
    }

    /** Our kernel as the judge of a question about a prefix. */
    private record Reference(String question, int events) {
        Entrant entrant() {
            String name = question.equals(ARRIVED) ? "kernel" : "kernel_" + question.toLowerCase(Locale.ROOT);
            return Entrant.of(name, "Isobar kernel", "kernel", KERNEL_MAIN, question, events);
        }
    }

    /** What the repetitions of one competitor gave. */
    private static final class Runs {
        private final List<JsonNode> ok = new ArrayList<>();
        private @Nullable String failed;
        private String verdict = "";
        private boolean believed = true;

        double median(String field) {
            double[] values = ok.stream()
                    .filter(n -> n.has(field))
                    .mapToDouble(n -> n.get(field).asDouble())
                    .sorted()
                    .toArray();
            return values.length == 0 ? Double.NaN : (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
        }

        double spread(String field) {
            double[] values = ok.stream()
                    .filter(n -> n.has(field))
                    .mapToDouble(n -> n.get(field).asDouble())
                    .sorted()
                    .toArray();
            return values.length == 0 ? Double.NaN : (values[values.length - 1] - values[0]) / median(field);
        }
    }

    private final Map<Reference, Runs> references = new LinkedHashMap<>();
    private final Map<String, Runs> runs = new LinkedHashMap<>();
    private final Map<Reference, Path> onTime = new HashMap<>();

    @Override
    public String name() {
        return "kernel";
    }

    @Override
    public void run(Settings settings, Report report) {
        Launch launch = new Launch(settings);
        List<Entrant> entrants = new ArrayList<>();
        for (Entrant e : ENTRANTS) {
            String missing = launch.missing(e);
            if (!settings.wants(e.name()) || !missing.isEmpty()) {
                report.notMeasured.put("kernel_vs_" + e.name(), missing.isEmpty() ? "not asked for" : missing);
                continue;
            }
            entrants.add(e);
            runs.put(e.name(), new Runs());
            references.put(reference(e, settings), new Runs());
        }
        for (int r = 0; r < settings.repetitions(); r++) {
            // One after the other and again from the first: what else happens on the machine hits all of them.
            for (Map.Entry<Reference, Runs> reference : references.entrySet()) {
                Entrant e = reference.getKey().entrant();
                boolean timed = entrants.stream()
                        .anyMatch(x -> x.latency() && reference(x, settings).equals(reference.getKey()));
                measure(launch, settings, e, reference.getKey().events(), r, timed, reference.getValue());
            }
            for (Entrant e : entrants) {
                if (!e.name().equals("kernel")) {
                    measure(launch, settings, e, Math.min(e.events(), settings.events()), r, e.latency(), runs(e));
                }
            }
        }
        for (Entrant e : entrants) {
            if (e.name().equals("kernel")) {
                Runs own = references.getOrDefault(reference(e, settings), new Runs());
                own.verdict = "is what the others are compared with";
                runs.put(e.name(), own);
            } else {
                judge(launch, settings, e);
            }
            figure(e, settings, report);
        }
        ratios(entrants, settings, report);
        report.tables.put(name(), table(entrants, settings));
    }

    private static Reference reference(Entrant e, Settings settings) {
        return new Reference(e.question(), Math.min(e.events(), settings.events()));
    }

    private Runs runs(Entrant e) {
        return runs.computeIfAbsent(e.name(), name -> new Runs());
    }

    private static Path sample(Settings settings, Entrant e, int events, String kind) {
        return settings.scratch().resolve(e.name() + "-" + events + "-" + kind + ".sample");
    }

    private static void measure(
            Launch launch, Settings settings, Entrant e, int events, int repetition, boolean latency, Runs into) {
        if (into.failed != null) {
            return;
        }
        JsonNode result = launch.run(
                e,
                "--events",
                "" + events,
                "--measure",
                "" + settings.seconds(),
                "--latency",
                "" + latency,
                "--sample",
                sample(settings, e, events, "late").toString());
        if (result.has("failed")) {
            into.failed = result.get("failed").asText();
            Say.progress(e.name() + " failed: " + into.failed);
            return;
        }
        into.ok.add(result);
        Say.progress(String.format(
                Locale.ROOT,
                "%d/%d  %-32s %9d events  %12.0f events/CPU-s",
                repetition + 1,
                settings.repetitions(),
                e.name(),
                events,
                result.get("events_per_cpu_second").asDouble()));
    }

    private void judge(Launch launch, Settings settings, Entrant e) {
        Runs own = runs(e);
        Runs truth = references.get(reference(e, settings));
        if (own.ok.isEmpty()) {
            own.verdict = "failed: " + own.failed;
            own.believed = false;
            return;
        }
        if (!e.judged()) {
            own.verdict = "computes nothing";
            return;
        }
        if (truth == null || truth.ok.isEmpty()) {
            own.verdict = "not judged: the kernel failed";
            own.believed = false;
            return;
        }
        Reference reference = reference(e, settings);
        Judge.Verdict v = Judge.compare(
                sample(settings, reference.entrant(), reference.events(), "late"),
                sample(settings, e, reference.events(), "late"));
        boolean allEqual = own.ok.get(0).get("digest").equals(truth.ok.get(0).get("digest"));
        if (v.exact() && allEqual) {
            own.verdict = "exact, every vector";
        } else if (v.close()) {
            own.verdict = v.exact()
                    ? "exact in the sample, not in every vector"
                    : String.format(Locale.ROOT, "within %.1e", v.maxRelativeError());
        } else {
            afterLateData(launch, settings, e, v, own);
        }
        if (!v.exact() || !allEqual) {
            Say.progress(e.name() + ": " + own.verdict);
        }
    }

    // It differs. If it does not where nothing is late, it differs by late data alone.
    private void afterLateData(Launch launch, Settings settings, Entrant e, Judge.Verdict late, Runs own) {
        int events = Math.min(Math.min(ON_TIME, e.events()), settings.events());
        Reference reference = new Reference(e.question(), events);
        Path expected = onTime.computeIfAbsent(reference, r -> {
            Path file = sample(settings, r.entrant(), events, "on-time");
            launch.run(
                    r.entrant(), "--events", "" + events, "--late", "false", "--measure", "0", "--sample", "" + file);
            return file;
        });
        Path actual = sample(settings, e, events, "on-time");
        JsonNode result = launch.run(
                e, "--events", "" + events, "--late", "false", "--measure", "0", "--sample", actual.toString());
        if (result.has("failed")) {
            own.verdict = "WRONG; without late data it failed: "
                    + result.get("failed").asText();
            own.believed = false;
            return;
        }
        Judge.Verdict v = Judge.compare(expected, actual);
        String share = String.format(Locale.ROOT, "%.2f %%", 100.0 * late.apart() / late.values());
        if (v.exact()) {
            own.verdict = "approximate by late data: " + share + " of values; exact without";
        } else if (v.close()) {
            own.verdict = String.format(
                    Locale.ROOT,
                    "approximate by late data: %s of values; within %.1e without",
                    share,
                    v.maxRelativeError());
        } else {
            own.verdict = String.format(
                    Locale.ROOT,
                    "WRONG: %s of values differ, and %.2f %% without late data",
                    share,
                    100.0 * v.apart() / v.values());
            own.believed = false;
        }
    }

    private void figure(Entrant e, Settings settings, Report report) {
        Runs own = runs(e);
        ObjectNode f = report.figures.addObject();
        f.put("suite", name())
                .put("competitor", e.name())
                .put("title", e.title())
                .put("question", e.question())
                .put("events", Math.min(e.events(), settings.events()))
                .put("verdict", own.verdict)
                .put("believed", own.believed);
        if (own.failed != null) {
            f.put("failed", own.failed);
        }
        if (own.ok.isEmpty()) {
            return;
        }
        JsonNode first = own.ok.get(0);
        f.put("repetitions", own.ok.size())
                .put("events_per_cpu_second", own.median("events_per_cpu_second"))
                .put("events_per_cpu_second_spread", own.spread("events_per_cpu_second"))
                .put("events_per_second", own.median("events_per_second"));
        for (String field :
                List.of("state_bytes", "latency_p50_ns", "latency_p99_ns", "latency_p999_ns", "latency_max_ns")) {
            if (first.has(field)) {
                f.put(field, own.median(field));
            }
        }
        Runs truth = references.get(reference(e, settings));
        if (truth != null && !truth.ok.isEmpty()) {
            f.put("kernel_events_per_cpu_second_on_the_same", truth.median("events_per_cpu_second"));
        }
        String note = first.path("note").asText();
        if (!note.isEmpty()) {
            f.put("note", note);
            report.versions.put(e.name(), note);
        }
    }

    private void ratios(List<Entrant> entrants, Settings settings, Report report) {
        for (Entrant e : entrants) {
            if (e.name().equals("kernel") || e.name().endsWith("_threads_2")) {
                continue;
            }
            String key = "kernel_vs_" + e.name();
            Runs own = runs(e);
            Runs truth = references.get(reference(e, settings));
            if (!own.believed || truth == null || truth.ok.isEmpty()) {
                report.notMeasured.put(key, own.verdict);
            } else {
                report.ratios.put(key, truth.median("events_per_cpu_second") / own.median("events_per_cpu_second"));
            }
        }
        two(report, "kernel_threads_2_vs_1", "kernel_threads_2", "kernel", "events_per_second");
        two(report, "loop_threads_2_vs_1", "loop_threads_2", "loop", "events_per_second");
        two(report, "kernel_memory_vs_loop", "kernel", "loop", "state_bytes");
    }

    private void two(Report report, String key, String above, String below, String field) {
        Runs a = runs.get(above);
        Runs b = runs.get(below);
        if (a == null || b == null || !a.believed || !b.believed || a.ok.isEmpty() || b.ok.isEmpty()) {
            report.notMeasured.put(key, "needs " + above + " and " + below);
        } else {
            report.ratios.put(key, a.median(field) / b.median(field));
        }
    }

    private String table(List<Entrant> entrants, Settings settings) {
        StringBuilder t = new StringBuilder();
        t.append(
                "| competitor | question | transactions | per CPU-second | per second | kernel ÷ it | state | its answers |\n");
        t.append("|---|---|---:|---:|---:|---:|---:|---|\n");
        entrants.stream()
                .sorted(Comparator.comparingDouble(e -> -orZero(runs(e).median("events_per_cpu_second"))))
                .forEach(e -> row(t, e, settings));
        t.append("\n| one transaction, ns | p50 | p99 | p99.9 | max |\n|---|---:|---:|---:|---:|\n");
        for (Entrant e : entrants) {
            Runs own = runs(e);
            if (e.latency() && !own.ok.isEmpty()) {
                t.append(String.format(
                        Locale.ROOT,
                        "| %s | %,.0f | %,.0f | %,.0f | %,.0f |%n",
                        e.title(),
                        own.median("latency_p50_ns"),
                        own.median("latency_p99_ns"),
                        own.median("latency_p999_ns"),
                        own.median("latency_max_ns")));
            }
        }
        return t.toString();
    }

    private void row(StringBuilder t, Entrant e, Settings settings) {
        Runs own = runs(e);
        int events = Math.min(e.events(), settings.events());
        if (own.ok.isEmpty()) {
            t.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %,d | | | | | %s |%n",
                    e.title(),
                    question(e),
                    events,
                    oneLine(own.verdict)));
            return;
        }
        Runs truth = references.get(reference(e, settings));
        double ratio = truth == null || !own.believed || e.name().equals("kernel")
                ? Double.NaN
                : truth.median("events_per_cpu_second") / own.median("events_per_cpu_second");
        double state = own.median("state_bytes");
        t.append(String.format(
                Locale.ROOT,
                "| %s | %s | %,d | %,.0f ±%.0f %% | %,.0f | %s | %s | %s |%n",
                e.title(),
                question(e),
                events,
                own.median("events_per_cpu_second"),
                50 * own.spread("events_per_cpu_second"),
                own.median("events_per_second"),
                Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, ratio < 10 ? "%.2f" : "%.0f", ratio),
                Double.isNaN(state) ? "" : String.format(Locale.ROOT, "%.1f MB", state / 1e6),
                oneLine(own.verdict)));
    }

    private static String question(Entrant e) {
        return switch (e.question()) {
            case ARRIVED -> "arrived";
            case EVENT_TIME -> "event time";
            default -> "event time, with current";
        };
    }

    private static String oneLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private static double orZero(double x) {
        return Double.isNaN(x) ? 0 : x;
    }
}
