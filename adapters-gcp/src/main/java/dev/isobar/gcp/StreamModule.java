package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.pubsub.PubSub;
import dev.isobar.gcp.pubsub.PubSubEventStream;
import dev.isobar.gcp.storage.GcsBucket;
import dev.isobar.gcp.storage.GcsObjectStore;
import dev.isobar.port.EventStream;
import dev.isobar.port.Resource;
import java.util.List;
import java.util.function.Supplier;

/** Wires the event stream; its commits are objects beside the lake. */
final class StreamModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(EventStream.class).to(PubSubEventStream.class);
    }

    @Provides
    @Singleton
    PubSubEventStream events(GcpClients clients, GcsBucket bucket, GcpConfig config) {
        return new PubSubEventStream(
                PubSub.open(clients, config.patience()),
                new GcsObjectStore(bucket, config.commits(), config.composedFrom()),
                config.pubsub());
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> listing(Provider<PubSubEventStream> events) {
        return () -> events.get().resources();
    }
}
