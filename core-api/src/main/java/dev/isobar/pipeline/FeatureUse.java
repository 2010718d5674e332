package dev.isobar.pipeline;

/** What a pipeline takes into its feature vector: a view under its own name, or in a role. */
public sealed interface FeatureUse permits FeatureView, FeatureView.Role {
    /** The view and the role it plays. */
    FeatureView.Role asRole();
}
