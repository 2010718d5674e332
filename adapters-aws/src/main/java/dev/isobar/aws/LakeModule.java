package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.aws.athena.AthenaOfflineStore;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.s3.S3Bucket;
import dev.isobar.aws.s3.S3ObjectStore;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterContext;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.services.athena.AthenaClient;

/** Wires the lake and the tables in it. */
final class LakeModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(OfflineStore.class).to(AthenaOfflineStore.class);
    }

    @Provides
    @Singleton
    S3Bucket bucket(AwsClients clients, AwsConfig config) {
        return new S3Bucket(clients, config.identity().instance(), config.bucket());
    }

    @Provides
    @Singleton
    ObjectStore objects(S3Bucket bucket, AwsConfig config) {
        return new S3ObjectStore(bucket, config.lake());
    }

    @Provides
    @Singleton
    AthenaOfflineStore tables(S3Bucket bucket, AwsConfig config, AwsClients clients, AdapterContext context) {
        AthenaOfflineStore tables = new AthenaOfflineStore(
                clients.build(AwsService.ATHENA, AthenaClient.builder()),
                new S3ObjectStore(bucket, config.tables()),
                context.home(),
                config.athena());
        // Closed before the clients that it was made of.
        clients.keep(tables::close);
        return tables;
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> listing(AthenaOfflineStore tables) {
        return tables::resources;
    }
}
