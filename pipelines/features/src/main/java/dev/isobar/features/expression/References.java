package dev.isobar.features.expression;

import dev.isobar.spec.ExprSpec;

/**
 * Where aggregates and other features inside an expression find their values in the frame. Called while compiling.
 *
 * @since 0.1
 */
public interface References {
    /** The index of the aggregate's value in the frame. */
    int aggregate(ExprSpec.Aggregate aggregate);

    /** The index of the feature's value in the frame. */
    int feature(ExprSpec.FeatureRef reference);
}
