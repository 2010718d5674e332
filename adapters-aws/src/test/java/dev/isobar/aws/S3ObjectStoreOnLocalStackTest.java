package dev.isobar.aws;

import dev.isobar.aws.emulator.LocalStack;
import dev.isobar.conformance.ObjectStoreSuite;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("docker")
class S3ObjectStoreOnLocalStackTest extends ObjectStoreSuite {
    private static URI endpoint;

    @BeforeAll
    static void start() {
        endpoint = LocalStack.endpoint();
        Buckets.make(endpoint);
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.s3", endpoint.toString()), LocalStack.name());
    }
}
