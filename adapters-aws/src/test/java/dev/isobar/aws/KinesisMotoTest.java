package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.conformance.EventStreamSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The same promises with moto behind Kinesis and DynamoDB both. */
@Tag("slow")
class KinesisMotoTest extends EventStreamSuite {
    @RegisterExtension
    static final Emulator MOTO = Emulator.moto();

    @AfterAll
    static void stop() {
        System.clearProperty("aws.cborEnabled");
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(
                Map.of("kinesis.cbor", "false", "endpoint", MOTO.endpoint().toString()), "moto");
    }
}
