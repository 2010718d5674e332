package dev.isobar.benchmarks.layer;

import dev.isobar.benchmarks.workload.Contest;
import dev.isobar.benchmarks.workload.Cores;
import dev.isobar.benchmarks.workload.JsonLine;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;

/** A program that runs one comparison, or is its other process. */
public final class Comparison {
    /** The server whose answers are canned. */
    public static final String RESPOND = "respond";

    private static final int PASSES = 7;

    private final String server;
    private final Work work;

    private Comparison(String server, Work work) {
        this.server = server;
        this.work = work;
    }

    /** What is measured against the other process. */
    @FunctionalInterface
    public interface Work {
        /**
         * Measures.
         *
         * @param passes how many of each side at least
         * @param seconds how long at least
         */
        void measure(Other other, JsonLine into, int passes, double seconds) throws Exception;
    }

    /** What the other process does. */
    @FunctionalInterface
    public interface Server {
        /** Starts and gives the port. */
        int start() throws Exception;
    }

    /** Against canned answers. */
    public static Comparison canned(Work work) {
        return new Comparison(RESPOND, work);
    }

    /** Against another of the program's servers. */
    public static Comparison on(String server, Work work) {
        return new Comparison(server, work);
    }

    /**
     * The entry point of a program.
     *
     * @param program its main class
     * @param arguments name of a server; or of a comparison and its options
     */
    public static void main(
            Class<?> program, String[] arguments, Map<String, Server> servers, Map<String, Comparison> comparisons)
            throws Exception {
        Server server = servers.get(arguments[0]);
        if (server != null) {
            serve(server.start());
        } else {
            compare(program, arguments, comparisons);
        }
    }

    /** Until the process that started this one ends, however it ends. */
    private static void serve(int port) throws IOException {
        System.out.println(port);
        while (System.in.read() >= 0) {
            // nobody says anything
        }
        Runtime.getRuntime().halt(0);
    }

    private static void compare(Class<?> program, String[] arguments, Map<String, Comparison> comparisons) {
        PrintStream result = System.out;
        System.setOut(System.err);
        JsonLine line = new JsonLine().put("competitor", arguments[0]);
        Comparison comparison = comparisons.get(arguments[0]);
        if (comparison == null) {
            throw new IllegalArgumentException("no such comparison: " + arguments[0]);
        }
        int status = 0;
        try (Other other = Other.start(program, comparison.server)) {
            line.put("apart", Cores.move(ProcessHandle.current(), Cores.MEASURED) ? "true" : "false");
            Map<String, String> options = Contest.options(Arrays.copyOfRange(arguments, 1, arguments.length));
            comparison.work.measure(other, line, PASSES, Double.parseDouble(options.getOrDefault("--measure", "10")));
            result.println(line);
        } catch (Exception | LinkageError e) {
            e.printStackTrace();
            result.println(new JsonLine().put("competitor", arguments[0]).put("failed", String.valueOf(e)));
            status = 1;
        }
        result.flush();
        Runtime.getRuntime().halt(status);
    }
}
