package dev.isobar.benchmarks.aws;

import dev.isobar.aws.AwsAdapter;
import dev.isobar.config.Configuration;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** How both sides connect: static keys, HTTP/1.1 without TLS, as many threads for the network. */
final class Clients {
    static final String BUCKET = "isobar-bench";
    static final String REGION = "eu-central-1";
    private static final int KINESIS_THREADS = 4;
    private static final String KEY = "test";

    private Clients() {}

    /** Isobar, with or without aggregation of records. */
    static AdapterSession isobar(URI endpoint, boolean aggregate) {
        AwsAdapter adapter = new AwsAdapter();
        Map<String, String> settings = Map.of(
                "region", REGION,
                "bucket", BUCKET,
                "credentials.access-key-id", KEY,
                "credentials.secret-access-key", KEY,
                "kinesis.aggregation", Boolean.toString(aggregate),
                "endpoint", endpoint.toString());
        return adapter.open(new AdapterContext(
                "aws",
                Configuration.of("", adapter.configuration(), settings),
                Path.of(System.getProperty("java.io.tmpdir"))));
    }

    static KinesisAsyncClient kinesis(URI endpoint) {
        return KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.of(REGION))
                .credentialsProvider(keys())
                .httpClientBuilder(NettyNioAsyncHttpClient.builder()
                        .protocol(Protocol.HTTP1_1)
                        .eventLoopGroupBuilder(SdkEventLoopGroup.builder().numberOfThreads(KINESIS_THREADS)))
                .build();
    }

    static S3AsyncClient s3(URI endpoint, boolean multipart) {
        return S3AsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.of(REGION))
                .credentialsProvider(keys())
                .forcePathStyle(true)
                .multipartEnabled(multipart)
                .httpClientBuilder(NettyNioAsyncHttpClient.builder())
                .overrideConfiguration(c -> c.addExecutionInterceptor(new WithoutExpectation()))
                .build();
    }

    private static StaticCredentialsProvider keys() {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY, KEY));
    }

    /** As the adapter does where an endpoint is set: else every upload would wait for a "100 Continue". */
    private static final class WithoutExpectation implements ExecutionInterceptor {
        @Override
        public SdkHttpRequest modifyHttpRequest(Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
            return context.httpRequest().toBuilder().removeHeader("Expect").build();
        }
    }
}
