package dev.isobar.aws;

import com.google.inject.AbstractModule;

/** Wires the lake and the tables in it. */
final class LakeModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }
}
