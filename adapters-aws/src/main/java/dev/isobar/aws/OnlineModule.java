package dev.isobar.aws;

import com.google.inject.AbstractModule;

/** Wires the online store. */
final class OnlineModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }
}
