package dev.isobar.benchmarks.flink;

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
        return switch (name) {
            case "flink_nothing" -> new FlinkJob(name, "hashmap", new Nothing());
            case "flink_heap" -> new FlinkJob(name, "hashmap", new OnHeap());
            case "flink_rocksdb" -> new FlinkJob(name, "rocksdb", new OnRocksDb());
            case "flink_sql_over" -> new SqlOver();
            default -> throw new IllegalArgumentException("no competitor '" + name + "' in this module");
        };
    }
}
