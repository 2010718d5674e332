package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.s3.S3Bucket;
import dev.isobar.aws.s3.S3ObjectStore;
import dev.isobar.port.ObjectStore;

/** Wires the lake and the tables in it. */
final class LakeModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }

    @Provides
    @Singleton
    S3Bucket bucket(AwsClients clients, AwsConfig config) {
        return new S3Bucket(clients, config.identity().instance(), config.bucket());
    }

    @Provides
    @Singleton
    ObjectStore objects(S3Bucket bucket, AwsConfig config) {
        return new S3ObjectStore(bucket, config.prefix() + "/lake/");
    }
}
