package dev.isobar.aws;

import dev.isobar.conformance.EventStreamSuite;
import dev.isobar.emulator.aws.foreign.DynamoDbLocal;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import dev.isobar.emulator.aws.foreign.KinesisLocal;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class KinesisEventStreamTest extends EventStreamSuite {
    private static ForeignProcess kinesis;
    private static ForeignProcess dynamo;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        kinesis = KinesisLocal.start(Path.of("target", "kinesis-local").toAbsolutePath(), folder.resolve("kinesis"));
        dynamo = DynamoDbLocal.start(folder.resolve("dynamodb"));
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
        return new AwsPlatform(settings(), "kinesis-local");
    }
}
