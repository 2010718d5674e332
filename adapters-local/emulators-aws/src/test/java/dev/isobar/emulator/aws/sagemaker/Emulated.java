package dev.isobar.emulator.aws.sagemaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.logs.LogsService;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.SignedService;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.SageMakerException;
import software.amazon.awssdk.services.sagemakerruntime.SageMakerRuntimeClient;

/** The emulator in this process, S3 beside it on another port, and the SDK's clients of both. */
final class Emulated implements AutoCloseable {
    static final String ROLE = "arn:aws:iam::000000000000:role/isobar-test";
    static final String IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tiny:1";
    static final String BUCKET = "isobar-test";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final JsonMapper JSON = JsonMapper.builder().build();

    final Path folder;
    final EmulatorServer objects;
    final S3Client s3;
    final Set<String> alarms = ConcurrentHashMap.newKeySet();
    final Path images;
    LogStore logs;
    SageMaker emulator;
    EmulatorServer server;
    SageMakerClient sageMaker;
    SageMakerRuntimeClient runtime;
    CloudWatchLogsClient cloudWatchLogs;

    Emulated(Path folder) throws IOException {
        this.folder = folder;
        S3Service s3Service = new S3Service(folder.resolve("s3"));
        s3Service.makeBucket(BUCKET, "us-east-1");
        this.objects = EmulatorServer.start(0, List.of(s3Service));
        this.images = folder.resolve("images.json");
        image(JSON.createObjectNode());
        this.s3 = client(S3Client.builder().forcePathStyle(true), objects.uri());
        up();
    }

    /** Starts the emulator, again on the same folder. */
    void up() throws IOException {
        SageMakerSettings settings = SageMakerSettings.of(
                        "us-east-1", "000000000000", folder.resolve("emulator"), objects.uri(), images)
                .with(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(20));
        logs = LogStore.open(settings.home().resolve("logs"));
        emulator = SageMaker.open(settings, logs, new TestAlarms(alarms));
        List<WireService> services = new ArrayList<>(emulator.services());
        services.add(new LogsService(settings.region(), settings.account(), logs));
        server = EmulatorServer.start(
                0,
                services.stream()
                        .map(service -> (WireService) new SignedService(settings.region(), service))
                        .toList());
        sageMaker = client(SageMakerClient.builder(), server.uri());
        runtime = client(SageMakerRuntimeClient.builder(), server.uri());
        cloudWatchLogs = client(CloudWatchLogsClient.builder(), server.uri());
    }

    void down() throws IOException {
        sageMaker.close();
        runtime.close();
        cloudWatchLogs.close();
        server.close();
        emulator.close();
        logs.close();
    }

    /** Writes the image table anew: the tiny image, and what else it is to say. */
    void image(ObjectNode more) throws IOException {
        var command = more.withObject("/images").putObject(IMAGE).putArray("command");
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1").add("-XX:+UseSerialGC").add("-Xmx64m");
        command.add("-cp").add(Path.of("target/test-classes").toAbsolutePath().toString());
        command.add(TinyContainer.class.getName());
        Files.write(images, JSON.writeValueAsBytes(more));
    }

    /** Patient, but quick to see: most of what is waited for takes some milliseconds. */
    static ConditionFactory await() {
        return Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10));
    }

    /** A call that SageMaker refuses as invalid, in these words among others. */
    static void refused(ThrowingCallable call, String words) {
        assertThatThrownBy(call).isInstanceOfSatisfying(SageMakerException.class, e -> {
            assertThat(e.awsErrorDetails().errorCode()).isEqualTo("ValidationException");
            assertThat(e.statusCode()).isEqualTo(400);
            assertThat(e.awsErrorDetails().errorMessage()).contains(words);
        });
    }

    void put(String key, String text) {
        s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromString(text));
    }

    static <B extends AwsClientBuilder<B, C>, C> C client(B builder, URI endpoint) {
        return client(builder, endpoint, "us-east-1");
    }

    static <B extends AwsClientBuilder<B, C>, C> C client(B builder, URI endpoint, String region) {
        return builder.endpointOverride(endpoint)
                .region(Region.of(region))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .build();
    }

    @Override
    public void close() throws IOException {
        down();
        s3.close();
        objects.close();
    }

    /** There is one, which goes off when the test says so. */
    private record TestAlarms(Set<String> on) implements Alarms {
        @Override
        public boolean exists(String name) {
            return name.equals("too-slow");
        }

        @Override
        public boolean inAlarm(String name) {
            return on.contains(name);
        }
    }
}
