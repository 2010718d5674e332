package dev.isobar.runtime.result;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.isobar.runtime.result.RunResult.StreamCount;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A training set that was made from a history.
 *
 * @param to the Parquet file
 * @param deadLetters the Parquet file of records that could not be read; null if there are none
 * @param knownBy {@code AVAILABLE_TIME} of each decision, or {@code EVENT_TIME}: everything recorded
 * @param streams what was read, decisions from a file of their own as {@code --labels}
 * @param vectors decisions that were on time
 * @param rows rows of the training set
 * @param leftOut vectors that are in no row, by reason in {@code reasons}
 * @param features names of the feature columns
 * @param labels names of the label columns
 * @param passes how often the events were read to compute, beside the reading that counted them
 * @param rowsPerSecond records read, each counted once, by seconds of the whole command
 * @param digest of the rows, as a run's
 * @param table where else the rows are; null for nowhere
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BackfillResult(
        String status,
        String pipeline,
        String target,
        String specVersion,
        String to,
        @Nullable String deadLetters,
        String knownBy,
        List<StreamCount> streams,
        long vectors,
        long rows,
        long leftOut,
        Map<String, Long> reasons,
        List<String> features,
        List<String> labels,
        int threads,
        int passes,
        double seconds,
        double rowsPerSecond,
        String digest,
        @Nullable TablePart table) {

    /**
     * A part of a table of the target's offline store.
     *
     * @param part named after the rows, so that the same ones are there once
     * @param by {@code FILE} if the store took the file in one piece, {@code ROWS} if it was given row by row
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record TablePart(String name, String part, long rows, long bytes, String by) {}
}
