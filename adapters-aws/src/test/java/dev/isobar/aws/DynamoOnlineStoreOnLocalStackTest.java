package dev.isobar.aws;

import dev.isobar.aws.emulator.LocalStack;
import dev.isobar.conformance.OnlineStoreSuite;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("docker")
class DynamoOnlineStoreOnLocalStackTest extends OnlineStoreSuite {
    private static URI endpoint;

    @BeforeAll
    static void start() {
        endpoint = LocalStack.endpoint();
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.dynamodb", endpoint.toString()), LocalStack.name());
    }
}
