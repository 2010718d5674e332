package dev.isobar.port;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Managed training. A job reads channels, writes {@code model/} and {@code output/data/} and ends; the container contract is SageMaker's {@code /opt/ml}:
 * {@code input/config/hyperparameters.json}, {@code input/data/<channel>/}, {@code model/}, {@code output/data/}, {@code output/failure}. Where the folders are not
 * at {@code /opt/ml} the variable {@code ISOBAR_ML_DIR} names their parent. All methods are thread safe.
 *
 * @since 0.1
 */
public interface TrainingJobs {
    /**
     * Channel with a model that another trainer left without saying how good it is. Isobar's trainer judges it on the validation rows and passes it on, in its own
     * format; no platform's own algorithm does such a job.
     */
    String CANDIDATE = "candidate";

    /**
     * Starts a job, or finds the one of that name: again with an equal request returns its status, with another request {@code CONFLICT}.
     */
    JobStatus submit(TrainingJob job);

    /** A job's status, or empty. Terminal states do not change any more. */
    Optional<JobStatus> describe(String name);

    /** Jobs that carry all of these labels, by name. */
    List<JobStatus> list(Map<String, String> labels);

    /**
     * Lines the job wrote.
     *
     * @param from index of the first line wanted, from 0
     */
    List<String> logs(String name, int from, int limit);

    /** Asks a job to stop. Returns at once; stopping a job that has ended is a success. */
    void cancel(String name);

    /** Removes a job that has ended, with its scratch space; its output in the lake stays. */
    void delete(String name);

    /**
     * A job to run.
     *
     * @param name deterministic: the same work has the same name after a restart
     * @param hyperparameters handed over as text
     * @param channels channel → prefix of lake objects that fill its folder
     * @param output prefix of lake objects under which {@code model/…} and {@code output/data/…} are stored when the job completes
     */
    record TrainingJob(
            String name,
            Workload workload,
            Map<String, String> hyperparameters,
            Map<String, String> channels,
            String output,
            Duration timeout,
            Map<String, String> labels) {}

    /** Isobar's states; only the last three are terminal. */
    enum JobState {
        PENDING,
        RUNNING,
        STOPPING,
        SUCCEEDED,
        FAILED,
        CANCELLED;

        /** Whether nothing more will happen. */
        public boolean terminal() {
            return this == SUCCEEDED || this == FAILED || this == CANCELLED;
        }
    }

    /**
     * How a job stands.
     *
     * @param rawState the provider's own word
     * @param failure the first thing a user should read when it failed
     * @param pid the process, for adapters that run one on this machine
     */
    record JobStatus(
            String name,
            JobState state,
            String rawState,
            @Nullable String failure,
            @Nullable Long pid,
            Map<String, String> labels) {}
}
