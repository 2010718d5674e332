package dev.isobar.benchmarks.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Keeps what is measured and what asks or answers it on cores of their own, where there are two and {@code taskset}. */
public final class Cores {
    /** Of what is measured. */
    public static final int MEASURED = 0;
    /** Of the other process. */
    public static final int OTHER = 1;

    private static final Path TASKSET = Path.of("/usr/bin/taskset");
    private static final boolean APART =
            Files.isExecutable(TASKSET) && Runtime.getRuntime().availableProcessors() > 1;

    private Cores() {}

    /** What a command begins with to run on a core; nothing where that cannot be. */
    public static List<String> on(int core) {
        return APART ? List.of(TASKSET.toString(), "-c", Integer.toString(core)) : List.of();
    }

    /** Puts a process with all its threads on a core; whether that could be done. */
    public static boolean move(ProcessHandle process, int core) throws IOException, InterruptedException {
        return APART
                && new ProcessBuilder(
                                        TASKSET.toString(),
                                        "-a",
                                        "-c",
                                        "-p",
                                        Integer.toString(core),
                                        Long.toString(process.pid()))
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0;
    }

    /** Whether processes can be kept apart here. */
    public static boolean apart() {
        return APART;
    }
}
