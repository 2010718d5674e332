package dev.isobar.benchmarks.kafka;

import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Contest;
import java.util.Arrays;

/** Runs one of this module's competitors: its name, then the options of {@link Contest}. */
public final class Main {
    private Main() {}

    /** Entry point. */
    public static void main(String[] args) {
        Contest.run(competitor(args[0]), Arrays.copyOfRange(args, 1, args.length));
    }

    private static Competitor competitor(String name) {
        if (name.equals("kafka_streams")) {
            return new TestDriver();
        }
        throw new IllegalArgumentException("no competitor '" + name + "' in this module");
    }
}
