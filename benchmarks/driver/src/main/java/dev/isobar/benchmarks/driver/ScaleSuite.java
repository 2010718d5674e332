package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What an event costs the kernel from few events to many and from few keys to many, and with most of the state on disk. The loop is measured at the same
 * points: what the caches and the memory of the machine do, they do to it as well.
 */
final class ScaleSuite implements Suite {
    private static final String MAIN = "dev.isobar.benchmarks.scale.Main";
    private static final int KEYS = 100_000;
    private static final int PER_WEEK = 5_000_000;

    /** Of so many events to so many, what they cost on disk is measured, too. */
    private static final int FEW_ON_DISK = 500_000;

    private static final int MANY_ON_DISK = 10_000_000;

    /** A day and a fifth, so that the longest window is full: as many events a key as in the workload of the others. */
    private static final double DAYS = 1.2;

    /** What was measured of so many events of so many keys, with all state in memory. */
    private record Point(int events, int keys, int perWeek, JsonNode kernel, JsonNode loop) {}

    private static final Entrant KERNEL = entrant("kernel", "Isobar kernel");
    private static final Entrant LOOP = entrant("loop", "loop");

    private static Entrant entrant(String name, String title) {
        return Entrant.of(name, title, "scale", MAIN, "ARRIVED", Integer.MAX_VALUE)
                .jvm("-Xms1g", "-Xmx14g");
    }

    @Override
    public String name() {
        return "scale";
    }

    @Override
    public void run(Settings settings, Report report) {
        Launch launch = new Launch(settings);
        String missing = launch.missing(KERNEL);
        if (!missing.isEmpty()) {
            Say.progress(name() + ": " + missing);
            return;
        }
        StringBuilder t = new StringBuilder();
        t.append(
                "| events | keys | kernel, CPU-ns an event | loop, CPU-ns an event | state, bytes a key | events kept | answers |\n");
        t.append("|---:|---:|---:|---:|---:|---:|---|\n");
        List<Point> points = new ArrayList<>();
        for (int events = 100_000; events <= Math.min(100_000_000L, 20L * settings.events()); events *= 10) {
            Point point = measure(launch, settings, report, events, KEYS, PER_WEEK);
            points.add(point);
            t.append(row(point));
        }
        for (int keys = 1_000; keys <= 2L * settings.events() && keys <= 10_000_000; keys *= 10) {
            Point point = measure(launch, settings, report, aDay(keys), keys, 50 * keys);
            points.add(point);
            t.append(row(point));
        }
        t.append(
                "\n| events | keys | in memory | kernel, CPU-ns an event | wall-ns | × of in memory | on disk | answers |\n");
        t.append("|---:|---:|---|---:|---:|---:|---:|---|\n");
        for (Point point : points) {
            if (point.events >= FEW_ON_DISK && point.events <= MANY_ON_DISK && !point.kernel.has("failed")) {
                t.append(onDisk(launch, settings, report, point));
            }
        }
        report.tables.put(name(), t.toString());
    }

    private static int aDay(int keys) {
        return (int) (50L * keys * DAYS / 7);
    }

    private static String[] options(Settings settings, int events, int keys, int perWeek, String... more) {
        List<String> options = new ArrayList<>(List.of(
                "--events",
                "" + events,
                "--keys",
                "" + keys,
                "--per-week",
                "" + perWeek,
                "--seconds",
                "" + settings.seconds()));
        options.addAll(List.of(more));
        return options.toArray(new String[0]);
    }

    private Point measure(Launch launch, Settings settings, Report report, int events, int keys, int perWeek) {
        String[] options = options(settings, events, keys, perWeek);
        Point point = new Point(events, keys, perWeek, launch.run(KERNEL, options), launch.run(LOOP, options));
        note(report, "kernel", point.kernel);
        note(report, "loop", point.loop);
        return point;
    }

    private static String row(Point p) {
        if (p.kernel.has("failed") || p.loop.has("failed")) {
            return String.format(
                    Locale.ROOT,
                    "| %,d | %,d | | | | | failed: %s |%n",
                    p.events,
                    p.keys,
                    (p.kernel.has("failed") ? p.kernel : p.loop)
                            .get("failed")
                            .asText()
                            .lines()
                            .findFirst()
                            .orElse(""));
        }
        double kernel = p.kernel.get("cpu_ns_per_event").asDouble();
        double loop = p.loop.get("cpu_ns_per_event").asDouble();
        Say.progress(String.format(
                Locale.ROOT, "%,d events of %,d keys: kernel %.0f ns, loop %.0f ns", p.events, p.keys, kernel, loop));
        return String.format(
                Locale.ROOT,
                "| %,d | %,d | %.0f | %.0f | %,.0f | %,d | %s |%n",
                p.events,
                p.keys,
                kernel,
                loop,
                p.kernel.get("state_bytes").asDouble()
                        / p.kernel.get("keys_with_state").asDouble(),
                p.kernel.get("events_kept").asLong(),
                equal(p.kernel, p.loop));
    }

    private static String equal(JsonNode one, JsonNode other) {
        return one.get("digest").equals(other.get("digest")) ? "equal, every bit" : "DIFFERENT";
    }

    private String onDisk(Launch launch, Settings settings, Report report, Point p) {
        StringBuilder rows = new StringBuilder();
        for (int share : new int[] {2, 4, 8, 16}) {
            // Events take four words each; what keys and ids take comes on top in either case.
            long memory = 32 * p.kernel.get("events_kept").asLong() / share;
            JsonNode part = launch.run(
                    KERNEL,
                    options(
                            settings,
                            p.events,
                            p.keys,
                            p.perWeek,
                            "--memory",
                            "" + memory,
                            "--folder",
                            settings.scratch().toString()));
            note(report, "kernel_on_disk", part);
            if (part.has("failed")) {
                rows.append(
                        String.format(Locale.ROOT, "| %,d | %,d | 1/%d | | | | | failed |%n", p.events, p.keys, share));
                continue;
            }
            double cpu = part.get("cpu_ns_per_event").asDouble();
            Say.progress(String.format(
                    Locale.ROOT, "%,d events of %,d keys, 1/%d in memory: %.0f ns", p.events, p.keys, share, cpu));
            rows.append(String.format(
                    Locale.ROOT,
                    "| %,d | %,d | 1/%d of the events | %,.0f | %,.0f | %.1f | %.0f MB | %s |%n",
                    p.events,
                    p.keys,
                    share,
                    cpu,
                    part.get("wall_ns_per_event").asDouble(),
                    cpu / p.kernel.get("cpu_ns_per_event").asDouble(),
                    part.get("disk_bytes").asDouble() / 1e6,
                    equal(part, p.kernel)));
        }
        return rows.toString();
    }

    private void note(Report report, String competitor, JsonNode result) {
        ObjectNode f = report.figures.addObject();
        f.put("suite", name()).put("competitor", competitor);
        result.properties().forEach(e -> f.set(e.getKey(), e.getValue()));
    }
}
