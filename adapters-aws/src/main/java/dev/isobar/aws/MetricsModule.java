package dev.isobar.aws;

import com.google.inject.AbstractModule;

/** Wires metrics. */
final class MetricsModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }
}
