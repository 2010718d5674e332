package dev.isobar.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.kinesis.KinesisEventStream;
import dev.isobar.aws.lease.LeaseTable;
import dev.isobar.port.EventStream;
import dev.isobar.port.Resource;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Wires the event stream. */
final class StreamModule extends AbstractModule {
    /** A subscription is a call for as long as it lasts, one per shard. */
    private static final int CALLS_AT_ONCE = 500;

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(EventStream.class).to(KinesisEventStream.class);
        Provider<KinesisEventStream> streams = getProvider(KinesisEventStream.class);
        Multibinder.newSetBinder(binder(), new TypeLiteral<Supplier<List<Resource>>>() {})
                .addBinding()
                .toInstance(() -> streams.get().resources());
    }

    @Provides
    @Singleton
    KinesisEventStream eventStream(AwsConfig config, AwsClients clients, DynamoDbClient dynamo) {
        if (!config.kinesisCbor()) {
            // kinesis-local answers CBOR with base64 texts where the service has bytes, and the SDK's parser fails on
            // texts over 8,000 characters.
            System.setProperty(SdkSystemSetting.CBOR_ENABLED.property(), "false");
        }
        NettyNioAsyncHttpClient.Builder http = clients.asyncHttp().maxConcurrency(CALLS_AT_ONCE);
        URI endpoint = clients.endpoint(AwsService.KINESIS);
        if (endpoint != null && "http".equals(endpoint.getScheme())) {
            // Without TLS there is nothing to agree on HTTP/2 by, and emulators differ in what they take.
            http.protocol(Protocol.HTTP1_1);
        }
        KinesisAsyncClient kinesis =
                clients.build(AwsService.KINESIS, KinesisAsyncClient.builder().httpClientBuilder(http));
        String instance = config.identity().instance();
        return new KinesisEventStream(
                kinesis,
                new LeaseTable(dynamo, instance, config.prefix() + "-leases", Map.of("isobar:instance", instance)),
                config.kinesis());
    }
}
