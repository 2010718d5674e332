package dev.isobar.aws;

import dev.isobar.aws.emulator.LocalStack;
import dev.isobar.conformance.EventStreamSuite;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The same promises with LocalStack behind Kinesis and DynamoDB both. */
@Tag("docker")
class KinesisEventStreamOnLocalStackTest extends EventStreamSuite {
    private static URI endpoint;

    @BeforeAll
    static void start() {
        endpoint = LocalStack.endpoint();
    }

    @AfterAll
    static void stop() {
        System.clearProperty("aws.cborEnabled");
    }

    @Override
    protected Platform platform() {
        // LocalStack's Kinesis is kinesis-mock, which kinesis-local is too.
        return new AwsPlatform(Map.of("kinesis.cbor", "false", "endpoint", endpoint.toString()), LocalStack.name());
    }
}
