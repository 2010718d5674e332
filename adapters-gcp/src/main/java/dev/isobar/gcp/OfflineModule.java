package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.gcp.bigquery.BigQueryDataset;
import dev.isobar.gcp.bigquery.BigQueryOfflineStore;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.storage.GcsBucket;
import dev.isobar.gcp.storage.GcsObjectStore;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.Resource;
import java.util.List;
import java.util.function.Supplier;

/** Wires the tables; which parts they have are objects beside the lake. */
final class OfflineModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(OfflineStore.class).to(BigQueryOfflineStore.class);
    }

    @Provides
    @Singleton
    BigQueryOfflineStore tables(GcpClients clients, GcsBucket bucket, GcpConfig config) {
        GcsObjectStore objects = new GcsObjectStore(bucket, config.tables(), config.composedFrom());
        return new BigQueryOfflineStore(
                BigQueryDataset.open(clients, config.dataset(), config.patience()),
                objects,
                objects::uri,
                config.prefix());
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> listing(Provider<BigQueryOfflineStore> tables) {
        return () -> tables.get().resources();
    }
}
