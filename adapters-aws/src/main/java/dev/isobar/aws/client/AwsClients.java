package dev.isobar.aws.client;

import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/** Makes the SDK's clients for one adapter instance, each with the instance's identity, and closes them with it. Thread safe. */
public final class AwsClients implements AutoCloseable {
    private final AwsIdentity identity;
    private final Deque<SdkAutoCloseable> opened = new ArrayDeque<>();
    private @Nullable AwsCredentialsProvider credentials;
    private @Nullable SdkEventLoopGroup threads;

    /** Clients of that identity; connects to nothing yet. */
    public AwsClients(AwsIdentity identity) {
        this.identity = identity;
    }

    /** The instance's region. */
    public Region region() {
        return Region.of(identity.region());
    }

    /** The endpoint override of a service, or null. */
    public @Nullable URI endpoint(AwsService service) {
        return identity.endpoints().get(service);
    }

    /**
     * Gives a builder region, credentials, endpoint and retry policy, builds it, and closes the client with this object. Further settings belong to the
     * builder before this call; retries are the SDK's own adaptive-free standard strategy, the only place where a call is repeated.
     */
    public <B extends AwsClientBuilder<B, C>, C extends SdkAutoCloseable> C build(AwsService service, B builder) {
        builder.region(region()).credentialsProvider(credentials());
        builder.overrideConfiguration(builder.overrideConfiguration().toBuilder()
                .retryStrategy(AwsRetryStrategy.standardRetryStrategy())
                .build());
        URI endpoint = endpoint(service);
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        return keep(builder.build());
    }

    /**
     * An HTTP client for an asynchronous client, as its {@code httpClientBuilder}, or built and {@linkplain #keep kept} for several to share. All of them run on
     * the same threads, which end with this object. The SDK's own would wait two seconds for nothing when they are closed; nobody waits for these.
     */
    public synchronized NettyNioAsyncHttpClient.Builder asyncHttp() {
        if (threads == null) {
            NioEventLoopGroup own =
                    new NioEventLoopGroup(0, new DefaultThreadFactory("isobar-aws-" + identity.instance(), true));
            // In the background, when the connections are gone, some of which are closed only then.
            keep(() -> own.shutdownGracefully(1, 5, TimeUnit.SECONDS));
            threads = SdkEventLoopGroup.create(own, NioSocketChannel::new);
        }
        return NettyNioAsyncHttpClient.builder().eventLoopGroup(threads);
    }

    /** Closes something with this object. */
    public synchronized <C extends SdkAutoCloseable> C keep(C client) {
        opened.push(client);
        return client;
    }

    /** Closes every client, last opened first. */
    @Override
    public synchronized void close() {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    private synchronized AwsCredentialsProvider credentials() {
        if (credentials == null) {
            AwsCredentialsProvider own = own();
            credentials = identity.roleArn() == null ? own : assumed(own, identity.roleArn());
        }
        return credentials;
    }

    private AwsCredentialsProvider own() {
        if (identity.accessKeyId() != null && identity.secretAccessKey() != null) {
            return StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(identity.accessKeyId(), identity.secretAccessKey()));
        }
        if (identity.profile() != null) {
            return keep(ProfileCredentialsProvider.create(identity.profile()));
        }
        return keep(DefaultCredentialsProvider.builder().build());
    }

    private AwsCredentialsProvider assumed(AwsCredentialsProvider own, String role) {
        var sts = StsClient.builder().region(region()).credentialsProvider(own);
        URI endpoint = endpoint(AwsService.STS);
        if (endpoint != null) {
            sts.endpointOverride(endpoint);
        }
        return keep(StsAssumeRoleCredentialsProvider.builder()
                .stsClient(keep(sts.build()))
                .refreshRequest(request -> request.roleArn(role)
                        .roleSessionName("isobar-" + identity.instance())
                        .externalId(identity.externalId()))
                .build());
    }
}
