package dev.isobar.local;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.lake.LocalObjectStore;
import dev.isobar.local.log.LocalEventStream;
import dev.isobar.local.metrics.LocalMetrics;
import dev.isobar.local.offline.LocalOfflineStore;
import dev.isobar.local.online.LocalOnlineStore;
import dev.isobar.port.EventStream;
import dev.isobar.port.Metrics;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import java.util.List;
import java.util.function.Supplier;

/** Wires the ports that store data. Ports that run processes have a module of their own beside this one. */
final class StoreModule extends AbstractModule {
    private final LocalHome home;
    private final LocalConfig config;
    private final OpenPorts open;

    StoreModule(LocalHome home, LocalConfig config, OpenPorts open) {
        this.home = home;
        this.config = config;
        this.open = open;
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(LocalHome.class).toInstance(home);
        bind(LocalConfig.class).toInstance(config);
        bind(OpenPorts.class).toInstance(open);
        Multibinder.newSetBinder(binder(), new TypeLiteral<Supplier<List<Resource>>>() {});
        bind(EventStream.class).to(LocalEventStream.class);
        bind(ObjectStore.class).to(LocalObjectStore.class);
        bind(OfflineStore.class).to(LocalOfflineStore.class);
        bind(OnlineStore.class).to(LocalOnlineStore.class);
        bind(Metrics.class).to(LocalMetrics.class);
    }

    @Provides
    @Singleton
    LocalEventStream eventStream() {
        return open.keep(new LocalEventStream(home, config.fsyncAlways()));
    }

    @Provides
    @Singleton
    LocalObjectStore objectStore() {
        return new LocalObjectStore(home);
    }

    @Provides
    @Singleton
    LocalOfflineStore offlineStore() {
        return open.keep(new LocalOfflineStore(home, config.offlineMemoryMegabytes(), config.offlineThreads()));
    }

    @Provides
    @Singleton
    LocalOnlineStore onlineStore() {
        return open.keep(new LocalOnlineStore(home));
    }

    @Provides
    @Singleton
    LocalMetrics metrics() {
        return new LocalMetrics(home);
    }

    // Constructing a store opens nothing, so a listing may ask all of them.

    @ProvidesIntoSet
    Supplier<List<Resource>> streams(LocalEventStream streams) {
        return streams::resources;
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> tables(LocalOfflineStore tables) {
        return tables::resources;
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> namespaces(LocalOnlineStore namespaces) {
        return namespaces::resources;
    }
}
