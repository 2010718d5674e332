package dev.isobar.aws.kinesis;

import dev.isobar.aws.emulator.PlainClients;
import dev.isobar.aws.lease.LeaseTable;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/** Event streams on emulators, each as a session of its own, with or without a faulty network. */
final class Streams implements AutoCloseable {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final URI kinesis;
    private final URI dynamo;

    private Streams(URI kinesis, URI dynamo) {
        this.kinesis = kinesis;
        this.dynamo = dynamo;
    }

    /** On emulators that run there. */
    static Streams at(URI kinesis, URI dynamo) {
        return new Streams(kinesis, dynamo);
    }

    URI kinesis() {
        return kinesis;
    }

    URI dynamo() {
        return dynamo;
    }

    /** A session, with aggregation and polling unless said otherwise. */
    KinesisEventStream session(KinesisAsyncClient client, boolean aggregate, boolean fanOut) {
        DynamoDbClient table =
                keep(PlainClients.at(dynamo, DynamoDbClient.builder().httpClientBuilder(ApacheHttpClient.builder())));
        return new KinesisEventStream(
                client,
                new LeaseTable(table, "test", "isobar-leases", Map.of()),
                new KinesisEventStream.Settings("test", "isobar", aggregate, fanOut, Duration.ofHours(24)));
    }

    KinesisEventStream session() {
        return session(client(null), true, false);
    }

    static SdkAsyncHttpClient network() {
        return NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1).build();
    }

    KinesisAsyncClient client(@Nullable FaultyHttp faults) {
        return keep(PlainClients.at(
                kinesis,
                KinesisAsyncClient.builder()
                        .httpClient(keep(faults == null ? network() : faults))
                        .overrideConfiguration(o -> {
                            if (faults != null) {
                                o.addExecutionInterceptor(faults);
                            }
                        })));
    }

    private <T extends SdkAutoCloseable> T keep(T client) {
        opened.push(client);
        return client;
    }

    @Override
    public void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
