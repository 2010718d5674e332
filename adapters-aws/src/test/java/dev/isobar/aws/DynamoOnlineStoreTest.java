package dev.isobar.aws;

import dev.isobar.conformance.OnlineStoreSuite;
import dev.isobar.emulator.aws.foreign.DynamoDbLocal;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class DynamoOnlineStoreTest extends OnlineStoreSuite {
    private static ForeignProcess dynamo;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        dynamo = DynamoDbLocal.start(folder);
    }

    @AfterAll
    static void stop() {
        dynamo.close();
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.dynamodb", dynamo.endpoint().toString()), "DynamoDB local");
    }
}
