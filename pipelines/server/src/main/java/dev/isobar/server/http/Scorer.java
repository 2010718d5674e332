package dev.isobar.server.http;

import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Scores decoded requests: the model and its features, as the HTTP side sees them. Thread safe. Whatever goes wrong is an
 * {@link dev.isobar.error.IsobarException}: a caller's fault becomes 400 ({@code OUT_OF_RETENTION} 422), {@code THROTTLED} 429, {@code UNAVAILABLE}
 * 503, anything else 500.
 *
 * @since 0.1
 */
public interface Scorer {
    /** The columns a request has, in the order that CSV uses. */
    Schema schema();

    /** The model's name, as in {@code /v2/models/{name}}. */
    String modelName();

    /** The model's version in its registry. */
    String modelVersion();

    /** The digest of the model's bytes. */
    String modelDigest();

    /** Who evaluates the model, such as {@code isobar-trees}. */
    default String evaluator() {
        return "unknown";
    }

    /** Why it is not the usual evaluator, as a sentence; null if it is. */
    default @Nullable String evaluatorReason() {
        return null;
    }

    /** How many rows of different requests it likes to be given in one call; 1 if a batch is no faster than its rows. */
    default int preferredBatch() {
        return 1;
    }

    /** Counts of its own, for {@code /metrics}. */
    default List<Count> counts() {
        return List.of();
    }

    /** Requests that resemble real ones, to warm up with; empty for no warm-up. */
    default List<Row> examples() {
        return List.of();
    }

    /** Does what {@link #score} does, with nothing recorded. */
    default Scoring rehearse(List<Row> rows, List<@Nullable String> predictionIds) {
        return score(rows, predictionIds);
    }

    /** Whether new requests can be expected to succeed. While not, the server says that it is not ready. */
    default boolean healthy() {
        return true;
    }

    /**
     * Scores instances: all or, if it throws, none, and then nothing is recorded. May block; what happens afterwards (recording) may not, it is waited for without a thread.
     *
     * @param rows one per instance, of {@link #schema()}; never empty; the scorer may keep them
     * @param predictionIds given by the client or null, one per row
     */
    Scoring score(List<Row> rows, List<@Nullable String> predictionIds);

    /**
     * Lets go of the records of whatever this thread has scored. Until then a scorer may hold them back, so that requests that arrive together are recorded
     * together; who calls {@link #score} calls this on the same thread as soon as it has nothing more to score at once.
     */
    default void flush() {}

    /**
     * What became of a request.
     *
     * @param predictions one for each row, in their order
     * @param recorded completes when every prediction is on record; nothing is answered before. It fails with an
     *     {@link dev.isobar.error.IsobarException} if one is not, which then is the answer
     */
    record Scoring(List<Scored> predictions, CompletionStage<@Nullable Void> recorded) {
        /** Predictions that nobody records. */
        public static Scoring unrecorded(List<Scored> predictions) {
            return new Scoring(predictions, CompletableFuture.completedFuture(null));
        }
    }

    /**
     * A count.
     *
     * @param name as Prometheus has it, {@code …_total} if it only grows
     * @param help one sentence
     */
    record Count(String name, String help, long value) {}

    /**
     * One prediction.
     *
     * @param predictionId the client's, or made by the scorer
     * @param probability finite; for a regression the predicted value
     * @param provisional whether an event that counts may still become known
     * @param details what {@code explain} shows: feature values as served, (t, k), frontier, version of the state. Strings, numbers, booleans, null,
     *     and maps and lists of them
     */
    record Scored(String predictionId, double probability, boolean provisional, Map<String, ?> details) {}
}
