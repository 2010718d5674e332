package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulators;
import dev.isobar.conformance.EventStreamSuite;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The same promises with moto behind Kinesis and DynamoDB both. */
@Tag("slow")
class KinesisMotoTest extends EventStreamSuite {
    private static ForeignProcess moto;

    @BeforeAll
    static void start() {
        moto = Emulators.moto();
    }

    @AfterAll
    static void stop() {
        moto.close();
        System.clearProperty("aws.cborEnabled");
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(
                Map.of("kinesis.cbor", "false", "endpoint", moto.endpoint().toString()), "moto");
    }
}
