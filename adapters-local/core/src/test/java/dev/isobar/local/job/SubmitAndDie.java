package dev.isobar.local.job;

import dev.isobar.local.file.LocalHome;
import dev.isobar.local.lake.LocalObjectStore;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.port.Workload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A command that submits a job and is gone the moment after, as by {@code kill -9}. Arguments: home, name, script. */
final class SubmitAndDie {
    private SubmitAndDie() {}

    static TrainingJob job(String name, String script) {
        return new TrainingJob(
                name,
                Workload.command(List.of("sh", "-c", script), Map.of()),
                Map.of(),
                Map.of(),
                "out/" + name,
                Duration.ofMinutes(1),
                Map.of());
    }

    public static void main(String[] arguments) {
        LocalHome home = new LocalHome("local", Path.of(arguments[0]));
        new LocalTrainingJobs(home, () -> new LocalObjectStore(home)).submit(job(arguments[1], arguments[2]));
        Runtime.getRuntime().halt(137);
    }
}
