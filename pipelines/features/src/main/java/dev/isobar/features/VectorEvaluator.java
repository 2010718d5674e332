package dev.isobar.features;

import dev.isobar.event.Row;
import org.jspecify.annotations.Nullable;

/**
 * Computes vectors from decoded states, for readers of the online store: the same code as {@link FeatureKernel#evaluate}, hence the same bits. Not thread
 * safe; keep one per thread, it reuses its working memory.
 *
 * @since 0.1
 */
public final class VectorEvaluator {
    /** An evaluator of a plan. */
    public VectorEvaluator(FeaturePlan plan) {
        throw new UnsupportedOperationException();
    }

    /**
     * Computes the vector of a decision from one partition's states.
     *
     * @param states one per {@link FeaturePlan#uses()}, in that order; null for a key that was never seen, or is null in the decision
     * @param partition the partition's state, read before or together with {@code states}
     * @throws dev.isobar.error.IsobarException {@code OUT_OF_RETENTION} as {@link FeatureKernel#evaluate}; {@code INVALID_ARGUMENT} if a state is of another
     *     key than the decision's
     */
    public void evaluate(
            Row decision,
            @Nullable String id,
            long t,
            long k,
            @Nullable KeyState[] states,
            PartitionState partition,
            FeatureVector into) {
        throw new UnsupportedOperationException();
    }

    /** The same where the uses' keys live in different partitions: one partition state per use. */
    public void evaluate(
            Row decision,
            @Nullable String id,
            long t,
            long k,
            @Nullable KeyState[] states,
            PartitionState[] partitions,
            FeatureVector into) {
        throw new UnsupportedOperationException();
    }
}
