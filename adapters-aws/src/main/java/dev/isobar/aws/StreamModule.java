package dev.isobar.aws;

import com.google.inject.AbstractModule;

/** Wires the event stream. */
final class StreamModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }
}
