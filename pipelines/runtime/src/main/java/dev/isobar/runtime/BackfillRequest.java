package dev.isobar.runtime;

import dev.isobar.pipeline.Pipeline;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to make a training set of.
 *
 * @param from stream or source → its files, CSV or Parquet by their names; a stream's own entry goes before its source's
 * @param decisions files of decisions, in the shape of the decision stream and with labels in further columns; empty for the decision stream's own events
 * @param labels the further columns that go into the training set, each as {@code NAME} or {@code NAME:TYPE}; empty for all; only with {@code decisions}
 * @param to a file that does not exist and ends in {@code .parquet}, or a folder for {@code training-set.parquet}
 * @param everyDecision whether decisions without a label are taken too, and labels left away; only without {@code decisions}
 * @param byEventTime whether everything recorded counts by its event time, also what became available after a decision
 * @param table a table of the target's offline store that becomes the same rows; null for none
 * @param threads how many read and compute, at least 1
 * @param passes how often events are read at least; more often if memory asks for it, and 0 for no wish
 * @since 0.1
 */
public record BackfillRequest(
        Pipeline pipeline,
        Map<String, List<Path>> from,
        List<Path> decisions,
        List<String> labels,
        Path to,
        boolean everyDecision,
        boolean byEventTime,
        @Nullable String table,
        int threads,
        int passes) {
    public BackfillRequest {
        from = Map.copyOf(from);
        decisions = List.copyOf(decisions);
        labels = List.copyOf(labels);
    }
}
