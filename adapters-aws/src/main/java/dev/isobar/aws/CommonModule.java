package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsService;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterContext;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** What the modules of all ports stand on. */
final class CommonModule extends AbstractModule {
    private final AwsConfig config;
    private final AwsClients clients;
    private final AdapterContext context;

    CommonModule(AwsConfig config, AwsClients clients, AdapterContext context) {
        this.config = config;
        this.clients = clients;
        this.context = context;
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(AwsConfig.class).toInstance(config);
        bind(AwsClients.class).toInstance(clients);
        bind(AdapterContext.class).toInstance(context);
        Multibinder.newSetBinder(binder(), new TypeLiteral<Supplier<List<Resource>>>() {});
    }

    /** One for commits and online state, which both live in DynamoDB. */
    @Provides
    @Singleton
    DynamoDbClient dynamo(AwsClients clients) {
        return clients.build(
                AwsService.DYNAMODB, DynamoDbClient.builder().httpClientBuilder(ApacheHttpClient.builder()));
    }
}
