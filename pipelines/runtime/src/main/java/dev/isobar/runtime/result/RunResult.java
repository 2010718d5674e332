package dev.isobar.runtime.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a run stands or ended. Sections of steps that have not ended are null.
 *
 * @param status {@code RUNNING}, {@code SUCCEEDED}, {@code FAILED} or {@code REJECTED} (the gate refused the model)
 * @param resumed whether an earlier, unfinished run was taken up
 * @param input fingerprint of the sources
 * @param peakHeapBytes sum over {@code peakHeapByProcess}
 * @param monitor what the monitor found, see {@code dev.isobar.runtime.monitor.MonitorResult}
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record RunResult(
        String status,
        String runId,
        boolean resumed,
        String pipeline,
        String target,
        String specVersion,
        String input,
        String started,
        @Nullable String finished,
        List<Step> steps,
        List<StreamCount> streams,
        @Nullable TrainingSet trainingSet,
        @Nullable Features features,
        @Nullable Model model,
        @Nullable EndpointInfo endpoint,
        @Nullable Consistency consistency,
        @Nullable JsonNode monitor,
        long peakHeapBytes,
        Map<String, Long> peakHeapByProcess,
        @Nullable Failure failure) {

    /** A step: {@code ingest}, {@code feature}, {@code train}, {@code deploy}, {@code monitor}. Status PENDING, RUNNING, SUCCEEDED, UNCHANGED, FAILED or REJECTED. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Step(
            String name,
            String status,
            double seconds,
            @Nullable String note) {}

    /** One stream's accounting; {@code in = out + late + dead_letter + duplicates}. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record StreamCount(
            String name, long in, long out, long late, long deadLetter, long duplicates, Map<String, Long> reasons) {}

    /** Rows trained and accepted on, those left out by reason, and the digest over canonical rows. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record TrainingSet(
            long rows, long trainRows, long acceptRows, long leftOut, Map<String, Long> reasons, String digest) {}

    /** Final vectors of every decision, and the digest over them. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Features(long rows, List<String> columns, String digest) {}

    /** The model that the run ended with. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Model(int version, String digest, Quality metrics, String gate, List<String> gateReasons) {}

    /** Quality on the acceptance rows. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Quality(@Nullable Double auc, @Nullable Double logLoss, long rows) {}

    /** Where the model is served, as observed. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record EndpointInfo(
            String name, String url, Map<String, Integer> routes, String modelDigest, List<Long> pids) {}

    /** Served vectors against vectors recomputed from the lake by another process. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Consistency(long compared, long mismatch, long missing, long extra) {}

    /** Why it failed, and where: in which step, and if an adapter failed, which one at what. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Failure(
            String code,
            String step,
            String message,
            @Nullable String hint,
            @Nullable String adapter,
            @Nullable String port,
            @Nullable String operation,
            @Nullable String resource) {}
}
