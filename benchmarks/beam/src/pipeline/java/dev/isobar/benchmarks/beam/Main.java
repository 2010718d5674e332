package dev.isobar.benchmarks.beam;

import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Contest;
import java.util.Arrays;
import java.util.List;

/** Runs one competitor, whose runner must be on the class path: its name, then the options of {@link Contest}. */
public final class Main {
    private Main() {}

    /** Entry point. */
    public static void main(String[] args) {
        Contest.run(competitor(args[0]), Arrays.copyOfRange(args, 1, args.length));
    }

    private static Competitor competitor(String name) {
        return switch (name) {
            // Without the checks that are there to find mistakes in pipelines.
            case "beam_direct" -> new BeamPipeline(
                    name,
                    List.of("--runner=DirectRunner", "--enforceImmutability=false", "--enforceEncodability=false"));
            case "beam_flink" -> new BeamPipeline(
                    name,
                    List.of(
                            "--runner=FlinkRunner",
                            "--flinkMaster=[local]",
                            "--parallelism=1",
                            "--objectReuse=true",
                            "--fasterCopy=true"));
            default -> throw new IllegalArgumentException("no competitor '" + name + "' in this module");
        };
    }
}
