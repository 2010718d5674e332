package dev.isobar.aws;

import dev.isobar.aws.emulator.EmulatorProcess;
import dev.isobar.aws.emulator.Moto;
import dev.isobar.conformance.EventStreamSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The same promises with moto behind Kinesis and DynamoDB both. */
@Tag("slow")
class KinesisMotoTest extends EventStreamSuite {
    private static EmulatorProcess moto;

    @BeforeAll
    static void start() {
        moto = Moto.start();
    }

    @AfterAll
    static void stop() {
        moto.close();
        System.clearProperty("aws.cborEnabled");
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(
                Map.of("kinesis.cbor", "false", "endpoint", moto.endpoint().toString()));
    }
}
