package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.dynamodb.DynamoOnlineStore;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Wires the online store. */
final class OnlineModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(OnlineStore.class).to(DynamoOnlineStore.class);
    }

    @Provides
    @Singleton
    DynamoOnlineStore online(AwsConfig config, AwsClients clients) {
        DynamoDbClient client = clients.build(
                AwsService.DYNAMODB, DynamoDbClient.builder().httpClientBuilder(ApacheHttpClient.builder()));
        return new DynamoOnlineStore(client, config.identity().instance(), config.prefix());
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> namespaces(DynamoOnlineStore online) {
        return online::resources;
    }
}
