package dev.isobar.emulator.aws.kinesis;

import java.net.URI;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** The SDK's clients as they come. */
final class Clients {
    private static final StaticCredentialsProvider KEYS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret"));

    /** Shared, and left to the JVM's end: a client that has threads of its own waits for two quiet seconds when it is closed. */
    private static final SdkEventLoopGroup LOOPS = SdkEventLoopGroup.builder().build();

    private Clients() {}

    static KinesisClient sync(URI endpoint) {
        return KinesisClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(KEYS)
                .build();
    }

    static KinesisAsyncClient async(URI endpoint, Protocol protocol) {
        return KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(KEYS)
                .httpClientBuilder(
                        NettyNioAsyncHttpClient.builder().protocol(protocol).eventLoopGroup(LOOPS))
                .build();
    }

    /** Quick to see: states change after some milliseconds. */
    static ConditionFactory await() {
        return Awaitility.await().pollInterval(Duration.ofMillis(5));
    }

    /** Makes a stream and waits until it is active. */
    static void create(KinesisClient client, String stream, int shards) {
        client.createStream(r -> r.streamName(stream).shardCount(shards));
        active(client, stream);
    }

    static void active(KinesisClient client, String stream) {
        await().until(() -> client.describeStreamSummary(r -> r.streamName(stream))
                        .streamDescriptionSummary()
                        .streamStatus()
                == StreamStatus.ACTIVE);
    }
}
