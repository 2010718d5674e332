package dev.isobar.server.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that is loaded and ready: a vector in, one number out. Thread safe.
 *
 * @since 0.1
 */
public interface Evaluator extends AutoCloseable {
    /** Our own evaluator of trees. */
    String ISOBAR_TREES = "isobar-trees";

    /** XGBoost's library. */
    String XGBOOST4J = "xgboost4j";

    /** ONNX Runtime. */
    String ONNXRUNTIME = "onnxruntime";

    /** Who evaluates: one of the names above. */
    String name();

    /** Why it is not our own evaluator, as a sentence; null if it is. */
    @Nullable
    String reason();

    /** How many features a vector must have; -1 if the model does not say. */
    int featureCount();

    /** The features' names in order, or empty if the model does not name them. */
    List<String> featureNames();

    /** Whether many vectors in one call cost little more than one: then it pays to collect them. So it is with a library. */
    default boolean prefersBatches() {
        return true;
    }

    /**
     * The prediction in the label's own unit: a probability for a classifier of two classes.
     *
     * @param features exactly {@link #featureCount()} values; NaN is missing
     * @throws dev.isobar.error.IsobarException {@code INTERNAL} if the library fails
     */
    default float predict(float[] features) {
        float[] score = new float[1];
        predict(features, 1, score);
        return score[0];
    }

    /**
     * Predicts several.
     *
     * @param rows the vectors, one after the other
     * @param count how many
     * @param scores where to put the predictions, at least {@code count} long
     * @throws dev.isobar.error.IsobarException {@code INTERNAL} if the library fails
     */
    void predict(float[] rows, int count, float[] scores);

    /** Releases native memory; nothing may be predicted afterwards. */
    @Override
    void close();
}
