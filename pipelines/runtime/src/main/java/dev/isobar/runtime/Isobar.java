package dev.isobar.runtime;

import dev.isobar.pipeline.Pipeline;
import dev.isobar.runtime.result.AuditResult;
import dev.isobar.runtime.result.BackfillResult;
import dev.isobar.runtime.result.PlanResult;
import dev.isobar.runtime.result.PredictResult;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.runtime.result.RunSummary;
import dev.isobar.runtime.result.StatusResult;
import dev.isobar.runtime.result.StopResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything Isobar can do on one target, one method a command. All methods throw {@link dev.isobar.error.IsobarException} with a code, a place and a
 * next step. Thread safe, except that two runs of one pipeline exclude each other ({@code IN_USE}).
 *
 * @since 0.1
 */
public interface Isobar extends AutoCloseable {
    /** What a run would do. */
    PlanResult plan(Pipeline pipeline);

    /** Runs all five steps: takes up an unfinished run of the same spec, target and input, else begins a new one. A run whose work failed returns with status FAILED. */
    RunResult run(RunRequest request, RunListener listener);

    /** Makes a training set of a recorded history, with the values that a run computes; writes one Parquet file, and nothing of it appears before it is whole. */
    BackfillResult backfill(BackfillRequest request, RunListener listener);

    /** Every process and resource. */
    StatusResult status();

    /** Runs, newest first; of one pipeline or of all. */
    List<RunSummary> runs(@Nullable String pipeline);

    /** A run as it stands: the newest of the pipeline, or the one of that id. */
    RunResult result(String pipelineOrRun);

    /** Asks a live endpoint. Each instance maps column names of the decision to values in text form. */
    PredictResult predict(String endpoint, List<Map<String, Object>> instances);

    /**
     * Recomputes the vectors that a run served from the lake and compares bit for bit.
     *
     * @param dump a folder for both sides as CSV, or null
     */
    AuditResult audit(String pipelineOrRun, @Nullable Path dump);

    /** The last lines of a run's processes: trainer, server replicas, supervisor; {@code source → lines}. */
    Map<String, List<String>> logs(String pipelineOrRun, int lines);

    /** Ends an endpoint and its processes, or everything when the name is null. Returns when nothing of it lives. */
    StopResult stop(@Nullable String endpoint);

    @Override
    void close();
}
