package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.ProvidesIntoSet;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.dynamodb.DynamoOnlineStore;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import dev.isobar.redis.RedisOnlineStore;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Wires the online store: DynamoDB, or a Redis that the configuration names. */
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
    Online online(AwsConfig config, AwsClients clients, Provider<DynamoDbClient> dynamo) {
        String instance = config.identity().instance();
        if (config.onlineRedis() != null) {
            RedisOnlineStore redis =
                    new RedisOnlineStore(config.onlineRedis(), instance, config.prefix(), REDIS_TIMEOUT);
            clients.keep(redis::close);
            return new Online(redis, redis::resources);
        }
        DynamoOnlineStore store = new DynamoOnlineStore(dynamo.get(), instance, config.prefix());
        return new Online(store, store::resources);
    }

    @Provides
    OnlineStore store(Online online) {
        return online.store();
    }

    @ProvidesIntoSet
    Supplier<List<Resource>> namespaces(Online online) {
        return online.resources();
    }
}
