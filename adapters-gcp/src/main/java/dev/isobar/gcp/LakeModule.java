package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.storage.GcsBucket;
import dev.isobar.gcp.storage.GcsObjectStore;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Resource;
import java.util.List;
import java.util.function.Supplier;

/** Wires the lake. */
final class LakeModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }

    @Provides
    @Singleton
    GcsBucket bucket(GcpClients clients, GcpConfig config) {
        return new GcsBucket(clients, config.bucket(), config.parts(), config.patience());
    }

    @Provides
    @Singleton
    ObjectStore objects(GcsBucket bucket, GcpConfig config) {
        return new GcsObjectStore(bucket, config.lake(), config.composedFrom());
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> listing(GcsBucket bucket) {
        return bucket::resources;
    }
}
