package dev.isobar.local.job;

import dev.isobar.port.TrainingJobs.JobState;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.port.Workload;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A job as kept in {@code job.json}; times in milliseconds. Immutable.
 *
 * @param tag of the process that runs it
 * @param submittedAt since 1970
 */
record JobFile(
        String name,
        Workload workload,
        Map<String, String> hyperparameters,
        Map<String, String> channels,
        String output,
        long timeoutMillis,
        Map<String, String> labels,
        String tag,
        long submittedAt) {

    static JobFile of(TrainingJob job, String tag) {
        return new JobFile(
                job.name(),
                job.workload(),
                new TreeMap<>(job.hyperparameters()),
                new TreeMap<>(job.channels()),
                job.output(),
                job.timeout().toMillis(),
                new TreeMap<>(job.labels()),
                tag,
                System.currentTimeMillis());
    }

    /** Whether somebody asks for the very same. */
    boolean asks(TrainingJob job) {
        return workload.equals(job.workload())
                && hyperparameters.equals(job.hyperparameters())
                && channels.equals(job.channels())
                && output.equals(job.output())
                && Duration.ofMillis(timeoutMillis).equals(job.timeout())
                && labels.equals(job.labels());
    }

    /** How a job ended, as kept in {@code outcome.json}. */
    record Outcome(
            JobState state, String rawState, @Nullable String failure) {}

    /**
     * That a job shall end, as kept in {@code cancel.json}.
     *
     * @param at milliseconds since 1970
     */
    record Cancellation(String reason, long at) {}
}
