package dev.isobar.aws;

import com.google.inject.AbstractModule;

/** Wires training, registry and endpoints. */
final class MachineLearningModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }
}
