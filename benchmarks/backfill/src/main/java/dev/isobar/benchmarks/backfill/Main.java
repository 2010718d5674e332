package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.Contest;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Workload;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Runs one of this module's competitors and ends in one line of JSON: its name, then {@code --events N --labels N --measure SECONDS --folder DIR}; the folder holds
 * the Parquet files, which whoever comes first writes.
 */
public final class Main {
    private static final double NANOS = 1e9;

    private Main() {}

    /** Entry point. */
    public static void main(String[] args) {
        PrintStream result = System.out;
        System.setOut(System.err);
        int status = 0;
        try {
            result.println(contest(args[0], Contest.options(Arrays.copyOfRange(args, 1, args.length))));
        } catch (Exception | LinkageError | OutOfMemoryError e) {
            e.printStackTrace();
            result.println(new JsonLine().put("competitor", args[0]).put("failed", String.valueOf(e)));
            status = 1;
        }
        result.flush();
        System.exit(status);
    }

    private static JsonLine contest(String name, Map<String, String> options) throws Exception {
        int events = Integer.parseInt(options.getOrDefault("--events", "" + Workload.EVENTS));
        int labels = Integer.parseInt(options.getOrDefault("--labels", "" + Labels.COUNT));
        double seconds = Double.parseDouble(options.getOrDefault("--measure", "3"));
        Workload workload = Workload.published(events, true);
        Labels asked = Labels.of(workload, labels);
        Path folder = Path.of(options.getOrDefault("--folder", "parquet"));
        TrainingSet competitor = competitor(name, workload, asked, folder);
        PassClock clock = new PassClock();
        competitor.make(clock);
        double first = clock.cpuNanos() / NANOS;
        Digest digest = competitor.digest();
        if (digest.rows() != labels) {
            throw new IllegalStateException(digest.rows() + " rows of " + labels + " labels");
        }
        double cpu = 0;
        double wall = 0;
        int passes = 0;
        while (seconds > 0 && (passes == 0 || wall < seconds)) {
            System.gc();
            competitor.make(clock);
            cpu += clock.cpuNanos() / NANOS;
            wall += clock.wallNanos() / NANOS;
            passes++;
        }
        JsonLine line = new JsonLine()
                .put("competitor", name)
                .put("events", events)
                .put("labels", labels)
                .put("digest", Long.toHexString(digest.sum()))
                .put("note", competitor.note())
                .put("first_cpu_seconds", first);
        if (passes > 0) {
            line.put("passes", passes)
                    .put("cpu_seconds_per_set", cpu / passes)
                    .put("wall_seconds_per_set", wall / passes)
                    .put("labels_per_cpu_second", labels * (double) passes / cpu);
        }
        return line;
    }

    private static TrainingSet competitor(String name, Workload events, Labels labels, Path folder) {
        return switch (name) {
            case "backfill_last" -> new Ours(name, Pipeline.last(), events, labels);
            case "backfill_windows" -> new Ours(name, Pipeline.windows(), events, labels);
            case "backfill_last_parquet" ->
                new OursParquet(
                        name,
                        Pipeline.last(),
                        ParquetFiles.in(folder, Pipeline.last(), events, labels),
                        labels.size(),
                        events.size());
            case "backfill_windows_parquet" ->
                new OursParquet(
                        name,
                        Pipeline.windows(),
                        ParquetFiles.in(folder, Pipeline.last(), events, labels),
                        labels.size(),
                        events.size());
            case "duckdb_asof" -> new DuckDbAsOf(name, events, labels, null);
            case "duckdb_asof_parquet" ->
                new DuckDbAsOf(name, events, labels, ParquetFiles.in(folder, Pipeline.last(), events, labels));
            default -> throw new IllegalArgumentException("no competitor '" + name + "' in this module");
        };
    }
}
