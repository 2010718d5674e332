package dev.isobar.benchmarks.path;

import dev.isobar.benchmarks.workload.Contest;
import java.util.Arrays;

/** Runs one of this module's competitors: its name, then its options. */
public final class Main {
    private Main() {}

    /** Entry point. */
    public static void main(String[] args) throws Exception {
        long entered = System.nanoTime();
        String[] options = Arrays.copyOfRange(args, 1, args.length);
        switch (args[0]) {
            case "path" -> Contest.run(new PathCompetitor(), options);
            case "path_recovery" -> Recovery.run();
            case "victim" -> Recovery.victim(options[0]);
            case "survivor" -> Recovery.survivor(options[0], entered);
            default -> throw new IllegalArgumentException("no competitor '" + args[0] + "' in this module");
        }
    }
}
