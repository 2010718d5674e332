package dev.isobar.benchmarks.gcp;

import com.google.api.client.http.apache.v2.ApacheHttpTransport;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.GrpcTransportChannel;
import com.google.api.gax.rpc.FixedTransportChannelProvider;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.cloud.NoCredentials;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import dev.isobar.benchmarks.layer.Other;
import dev.isobar.config.Configuration;
import dev.isobar.gcp.GcpAdapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** How both sides connect: without credentials and TLS, one channel, one pool of connections. */
final class Clients {
    static final String PROJECT = "isobar-bench";
    static final String BUCKET = "isobar-bench";
    private static final int MAX_INBOUND = 20 << 20;
    private static final int CONNECTIONS = 64;

    private Clients() {}

    static AdapterSession isobar(Other other) throws IOException {
        GcpAdapter adapter = new GcpAdapter();
        Map<String, String> settings = Map.of(
                "project",
                PROJECT,
                "location",
                "europe-west3",
                "bucket",
                BUCKET,
                "endpoint.storage",
                other.uri().toString(),
                "endpoint.pubsub",
                "http://127.0.0.1:" + other.ask(Responder.PUBSUB));
        return adapter.open(new AdapterContext(
                "gcp",
                Configuration.of("", adapter.configuration(), settings),
                Path.of(System.getProperty("java.io.tmpdir"))));
    }

    static ManagedChannel channel(Other other) throws IOException {
        return ManagedChannelBuilder.forTarget("127.0.0.1:" + other.ask(Responder.PUBSUB))
                .usePlaintext()
                .maxInboundMessageSize(MAX_INBOUND)
                .build();
    }

    static TransportChannelProvider provider(ManagedChannel channel) {
        return FixedTransportChannelProvider.create(GrpcTransportChannel.create(channel));
    }

    static NoCredentialsProvider nobody() {
        return NoCredentialsProvider.create();
    }

    static Storage storage(Other other) {
        ApacheHttpTransport http = new ApacheHttpTransport(ApacheHttpTransport.newDefaultHttpClientBuilder()
                .setMaxConnTotal(CONNECTIONS)
                .setMaxConnPerRoute(CONNECTIONS)
                .build());
        return StorageOptions.http()
                .setProjectId(PROJECT)
                .setCredentials(NoCredentials.getInstance())
                .setHost(other.uri().toString())
                .setTransportOptions(HttpTransportOptions.newBuilder()
                        .setHttpTransportFactory(() -> http)
                        .build())
                .build()
                .getService();
    }
}
