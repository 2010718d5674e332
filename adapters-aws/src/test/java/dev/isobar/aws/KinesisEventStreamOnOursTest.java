package dev.isobar.aws;

import dev.isobar.conformance.EventStreamSuite;
import dev.isobar.emulator.aws.foreign.DynamoDbLocal;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import dev.isobar.emulator.aws.kinesis.KinesisServer;
import dev.isobar.emulator.aws.kinesis.KinesisSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The same promises on Isobar's own emulator of Kinesis, the one that {@code isobar emulators up aws} starts. */
class KinesisEventStreamOnOursTest extends EventStreamSuite {
    private static KinesisServer kinesis;
    private static ForeignProcess dynamo;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        // The service refuses a second subscription for five seconds; here a reader that opens again need not wait.
        kinesis = KinesisServer.start(
                0,
                KinesisSettings.of("eu-central-1", "000000000000", folder.resolve("kinesis"))
                        .withSubscriptions(Duration.ZERO, Duration.ofMinutes(5)));
        dynamo = DynamoDbLocal.start(folder.resolve("dynamodb"));
    }

    @AfterAll
    static void stop() throws Exception {
        kinesis.close();
        dynamo.close();
    }

    /** How the adapter is configured. */
    protected Map<String, String> settings() {
        return Map.of(
                "endpoint.kinesis", kinesis.uri().toString(),
                "endpoint.dynamodb", dynamo.endpoint().toString());
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(settings());
    }
}
