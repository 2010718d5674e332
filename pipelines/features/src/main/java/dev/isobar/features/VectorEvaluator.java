package dev.isobar.features;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Computes vectors from decoded states, for readers of the online store: the same code as {@link FeatureKernel#evaluate}, hence the same bits. Not thread
 * safe; keep one per thread, it reuses its working memory. The states it reads may be shared.
 *
 * @since 0.1
 */
public final class VectorEvaluator {
    private final FeaturePlan plan;
    private final VectorComputation computation;
    private final PartitionState[] same;

    /** An evaluator of a plan. */
    public VectorEvaluator(FeaturePlan plan) {
        this.plan = plan;
        this.computation = new VectorComputation(plan);
        this.same = new PartitionState[plan.uses().size()];
        Arrays.fill(same, PartitionState.unknown(plan));
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
        Arrays.fill(same, partition);
        evaluate(decision, id, t, k, states, same, into);
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
        int streams = plan.streams().size();
        if (states.length != plan.uses().size() || partitions.length != states.length) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The plan has " + plan.uses().size() + " uses; given were " + states.length
                                    + " key states and " + partitions.length + " partition states.")
                    .hint("Give one of each per FeaturePlan.uses(), in that order.")
                    .build();
        }
        for (int use = 0; use < states.length; use++) {
            int role = plan.roleOf(use);
            KeyState state = states[use];
            String key = plan.uses().get(use).key(decision);
            if (state != null && !state.key().equals(key)) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                "Use '" + plan.uses().get(use).name() + "' was given the state of key '" + state.key()
                                        + "' for a decision of key '" + key + "'.")
                        .hint("Read the state of Use.key(decision).")
                        .build();
            }
            computation.clear(role);
            for (int s = 0; s < streams; s++) {
                PartitionState p = partitions[use];
                computation.logs[role][s] = state == null ? null : state.log(s);
                computation.frontiers[role][s] =
                        state == null ? p.frontier(s) : Math.max(state.frontier(s), p.frontier(s));
                // A state that was written long ago still has what the partition has freed since.
                computation.retained[role][s] = state == null ? p.retainedFrom(s) : state.retainedFrom(s);
            }
        }
        computation.run(decision, id, t, k, into);
    }
}
