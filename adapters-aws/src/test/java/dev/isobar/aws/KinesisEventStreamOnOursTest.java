package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.conformance.EventStreamSuite;
import dev.isobar.emulator.aws.kinesis.KinesisServer;
import dev.isobar.emulator.aws.kinesis.KinesisSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The same promises on Isobar's own emulator of Kinesis, the one that {@code isobar emulators up aws} starts. */
class KinesisEventStreamOnOursTest extends EventStreamSuite {
    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    private static KinesisServer kinesis;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        // The service refuses a second subscription for five seconds; here a reader that opens again need not wait.
        kinesis = KinesisServer.start(
                0,
                KinesisSettings.of("eu-central-1", "000000000000", folder)
                        .withSubscriptions(Duration.ZERO, Duration.ofMinutes(5)));
    }

    @AfterAll
    static void stop() throws Exception {
        kinesis.close();
    }

    /** How the adapter is configured. */
    protected Map<String, String> settings() {
        return Map.of(
                "endpoint.kinesis", kinesis.uri().toString(),
                "endpoint.dynamodb", DYNAMO.endpoint().toString());
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(settings());
    }
}
