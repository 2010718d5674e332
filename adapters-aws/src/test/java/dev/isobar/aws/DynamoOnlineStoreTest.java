package dev.isobar.aws;

import dev.isobar.aws.emulator.DynamoDbLocal;
import dev.isobar.conformance.OnlineStoreSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class DynamoOnlineStoreTest extends OnlineStoreSuite {
    private static DynamoDbLocal dynamo;

    @BeforeAll
    static void start() throws Exception {
        dynamo = DynamoDbLocal.start();
    }

    @AfterAll
    static void stop() {
        if (dynamo != null) {
            dynamo.close();
        }
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.dynamodb", dynamo.endpoint().toString()));
    }
}
