package dev.isobar.benchmarks.driver;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was asked for.
 *
 * @param home the folder {@code benchmarks}
 * @param suites which comparisons to run
 * @param json one JSON object on standard output instead of the tables
 * @param events transactions of the whole workload; competitors that are slow take a prefix
 * @param repetitions how often each competitor runs
 * @param seconds how long each measures at least
 * @param only names of competitors to run; empty for all
 * @param write the page whose tables to replace, or null
 * @param scratch folder for samples, deleted by the caller
 */
record Settings(
        Path home,
        List<String> suites,
        boolean json,
        int events,
        int repetitions,
        double seconds,
        List<String> only,
        @Nullable Path write,
        Path scratch) {
    static final List<String> SUITES = List.of("kernel", "scale", "path", "backfill", "server", "aws", "gcp");

    private static final int WHOLE = 5_000_000;
    private static final int QUICK = 200_000;

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException with what is wrong and what is possible
     */
    static Settings parse(Path home, Path scratch, String[] args) {
        List<String> suites = List.of("kernel");
        boolean json = false;
        int events = WHOLE;
        int repetitions = 3;
        double seconds = 3;
        List<String> only = List.of();
        Path write = null;
        for (int i = 0; i < args.length; i++) {
            String arg = args[i];
            switch (arg) {
                case "--output" -> {
                    String form = value(args, ++i, arg);
                    if (!form.equals("json") && !form.equals("text")) {
                        throw new IllegalArgumentException("--output is json or text, not '" + form + "'");
                    }
                    json = form.equals("json");
                }
                case "--events" -> events = number(value(args, ++i, arg), arg);
                case "--repetitions" -> repetitions = number(value(args, ++i, arg), arg);
                case "--only" -> only = List.of(value(args, ++i, arg).split(","));
                case "--write" -> write = Path.of(value(args, ++i, arg));
                case "--quick" -> {
                    events = Math.min(events, QUICK);
                    repetitions = 1;
                    seconds = 1;
                }
                case "all" -> suites = SUITES;
                default -> {
                    if (!SUITES.contains(arg)) {
                        throw new IllegalArgumentException("'" + arg + "' is none of " + SUITES
                                + ", all, --output json, --events N, --repetitions N, --only NAME,NAME, --write FILE,"
                                + " --quick");
                    }
                    suites = List.of(arg);
                }
            }
        }
        return new Settings(home, suites, json, events, repetitions, seconds, only, write, scratch);
    }

    private static String value(String[] args, int i, String option) {
        if (i == args.length) {
            throw new IllegalArgumentException(
                    option + " needs a value; this is all there is: " + Arrays.toString(args));
        }
        return args[i];
    }

    private static int number(String text, String option) {
        try {
            int n = Integer.parseInt(text.replace("_", ""));
            if (n > 0) {
                return n;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + " needs a whole number, not '" + text + "'", e);
        }
        throw new IllegalArgumentException(option + " needs a positive number, not " + text);
    }

    /** Whether a competitor is to run. */
    boolean wants(String competitor) {
        return only.isEmpty() || only.contains(competitor);
    }
}
