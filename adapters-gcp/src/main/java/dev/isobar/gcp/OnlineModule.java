package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.gcp.bigtable.Bigtable;
import dev.isobar.gcp.bigtable.BigtableOnlineStore;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import dev.isobar.redis.RedisOnlineStore;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Wires the online store: Bigtable, or a Redis that the configuration names. */
final class OnlineModule extends AbstractModule {
    private static final Duration REDIS_TIMEOUT = Duration.ofSeconds(20);

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }

    /**
     * The store together with its listing.
     *
     * @param resources what a status lists
     */
    record Online(OnlineStore store, Supplier<List<Resource>> resources) {}

    @Provides
    @Singleton
    Online online(GcpConfig config, GcpClients clients) {
        GcpConfig.Online online = config.online();
        if (online.redis() != null) {
            RedisOnlineStore redis =
                    new RedisOnlineStore(online.redis(), config.identity().instance(), config.prefix(), REDIS_TIMEOUT);
            clients.keep(redis::close);
            return new Online(redis, redis::resources);
        }
        BigtableOnlineStore store = new BigtableOnlineStore(
                Bigtable.open(clients, online.bigtable(), online.appProfile(), config.patience()), config.prefix());
        return new Online(store, store::resources);
    }

    @Provides
    OnlineStore store(Online online) {
        return online.store();
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> namespaces(Provider<Online> online) {
        return () -> online.get().resources().get();
    }
}
