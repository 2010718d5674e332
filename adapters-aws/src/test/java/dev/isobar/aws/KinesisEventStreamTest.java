package dev.isobar.aws;

import dev.isobar.aws.emulator.DynamoDbLocal;
import dev.isobar.aws.emulator.EmulatorProcess;
import dev.isobar.aws.emulator.KinesisLocal;
import dev.isobar.conformance.EventStreamSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class KinesisEventStreamTest extends EventStreamSuite {
    private static EmulatorProcess kinesis;
    private static EmulatorProcess dynamo;

    @BeforeAll
    static void start() {
        kinesis = KinesisLocal.start();
        dynamo = DynamoDbLocal.start();
    }

    @AfterAll
    static void stop() {
        kinesis.close();
        dynamo.close();
        System.clearProperty("aws.cborEnabled");
    }

    /** How the adapter is configured. */
    protected Map<String, String> settings() {
        return Map.of(
                "kinesis.cbor", "false",
                "endpoint.kinesis", kinesis.endpoint().toString(),
                "endpoint.dynamodb", dynamo.endpoint().toString());
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(settings());
    }
}
