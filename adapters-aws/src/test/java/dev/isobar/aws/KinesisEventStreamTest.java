package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.conformance.EventStreamSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("slow")
class KinesisEventStreamTest extends EventStreamSuite {
    @RegisterExtension
    static final Emulator KINESIS = Emulator.kinesis();

    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    @AfterAll
    static void stop() {
        System.clearProperty("aws.cborEnabled");
    }

    /** How the adapter is configured. */
    protected Map<String, String> settings() {
        return Map.of(
                "kinesis.cbor", "false",
                "endpoint.kinesis", KINESIS.endpoint().toString(),
                "endpoint.dynamodb", DYNAMO.endpoint().toString());
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(settings(), "kinesis-local");
    }
}
