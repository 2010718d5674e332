package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.conformance.OnlineStoreSuite;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class DynamoOnlineStoreTest extends OnlineStoreSuite {
    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.dynamodb", DYNAMO.endpoint().toString()), "DynamoDB local");
    }
}
