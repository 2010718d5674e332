package dev.isobar.benchmarks.workload;

import java.io.PrintStream;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs one competitor in this process and ends in one line of JSON on standard output; everything else, also what a peer prints, goes to standard error.
 *
 * <p>Options: {@code --events N}; {@code --late true|false}; {@code --sample FILE} writes the judged answers of the first pass, which also warms up;
 * {@code --measure SECONDS} repeats the pass for at least that long and three times, and counts the median pass; 0 only judges; {@code --latency true} adds a pass in which each transaction is
 * timed.
 */
public final class Contest {
    private static final double NANOS = 1e9;
    /** At least so many, of which the median counts: a neighbour on the machine, or the compiler, seldom takes most of them. */
    private static final int PASSES = 3;

    private Contest() {}

    /** Runs it; ends the process. */
    public static void run(Competitor competitor, String[] args) {
        PrintStream result = System.out;
        System.setOut(System.err);
        Map<String, String> options = options(args);
        int status = 0;
        try {
            result.println(contest(competitor, options));
        } catch (Exception | LinkageError | OutOfMemoryError | StackOverflowError e) {
            // A peer that falls over is a result too; the driver tells it from this line.
            e.printStackTrace();
            result.println(new JsonLine().put("competitor", competitor.name()).put("failed", String.valueOf(e)));
            status = 1;
        }
        result.flush();
        // Peers leave threads behind.
        Runtime.getRuntime().halt(status);
    }

    private static JsonLine contest(Competitor competitor, Map<String, String> options) throws Exception {
        int events = Integer.parseInt(options.getOrDefault("--events", "" + Workload.EVENTS));
        double measure = Double.parseDouble(options.getOrDefault("--measure", "3"));
        Workload workload = Workload.published(events, !"false".equals(options.get("--late")));
        long before = Heap.afterCollection();

        Answers judged = new Answers(true);
        PassClock clock = new PassClock();
        clock.start();
        competitor.pass(workload, judged, clock);
        clock.stop();
        if (judged.count() != events) {
            throw new IllegalStateException(judged.count() + " answers to " + events + " transactions");
        }
        String sample = options.get("--sample");
        if (sample != null) {
            judged.write(Path.of(sample));
        }
        JsonLine line = new JsonLine()
                .put("competitor", competitor.name())
                .put("question", competitor.question().name())
                .put("events", events)
                .put("digest", Long.toHexString(judged.digest()))
                .put("judged_cpu_seconds", clock.cpuNanos() / NANOS)
                .put("note", competitor.note())
                .put("jvm", Runtime.version().toString())
                .put("heap_limit_bytes", Runtime.getRuntime().maxMemory());
        if (measure > 0) {
            measure(competitor, workload, measure, before, line);
        }
        if ("true".equals(options.get("--latency"))) {
            latency(competitor, workload, line);
        }
        return line;
    }

    private static void measure(Competitor competitor, Workload workload, double seconds, long before, JsonLine line)
            throws Exception {
        PassClock clock = new PassClock();
        // Small inputs need more than one pass until everything is compiled: the judged pass and these.
        long warmUntil = System.nanoTime() + (long) (Math.min(seconds, 2) * NANOS);
        while (workload.size() < 1_000_000 && System.nanoTime() < warmUntil) {
            competitor.pass(workload, new Answers(false), clock);
        }
        List<Long> cpu = new ArrayList<>();
        List<Long> wall = new ArrayList<>();
        long spent = 0;
        long sink = 0;
        while (cpu.size() < PASSES || spent < seconds * NANOS) {
            // Garbage of the pass before is not this pass's.
            System.gc();
            Answers answers = new Answers(false);
            clock.start();
            competitor.pass(workload, answers, clock);
            clock.stop();
            cpu.add(clock.cpuNanos());
            wall.add(clock.wallNanos());
            spent += clock.wallNanos();
            sink += answers.sink();
        }
        line.put("passes", cpu.size())
                .put("cpu_seconds", median(cpu) / NANOS)
                .put("wall_seconds", median(wall) / NANOS)
                .put("events_per_cpu_second", workload.size() / (median(cpu) / NANOS))
                .put("events_per_second", workload.size() / (median(wall) / NANOS))
                .put("sink", Long.toHexString(sink));
        Object state = competitor.state();
        if (state != null) {
            try {
                line.put("state_bytes", Heap.afterCollection() - before);
            } finally {
                // Had the collector taken these by now, they would count as negative state.
                Reference.reachabilityFence(workload);
                Reference.reachabilityFence(competitor);
                Reference.reachabilityFence(state);
            }
        }
    }

    private static double median(List<Long> values) {
        return values.stream()
                .mapToLong(Long::longValue)
                .sorted()
                .skip(values.size() / 2)
                .findFirst()
                .orElseThrow();
    }

    private static void latency(Competitor competitor, Workload workload, JsonLine line) {
        long[] nanos = new long[workload.size()];
        if (!competitor.timed(workload, new Answers(false), nanos)) {
            return;
        }
        Arrays.sort(nanos);
        line.put("latency_p50_ns", at(nanos, 0.5))
                .put("latency_p99_ns", at(nanos, 0.99))
                .put("latency_p999_ns", at(nanos, 0.999))
                .put("latency_max_ns", nanos[nanos.length - 1]);
    }

    private static long at(long[] sorted, double quantile) {
        return sorted[(int) Math.min(sorted.length - 1, (long) (quantile * sorted.length))];
    }

    /** The options of a command line; each has one value. */
    public static Map<String, String> options(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        return options;
    }
}
