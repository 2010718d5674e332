package dev.isobar.aws;

import dev.isobar.aws.emulator.Buckets;
import dev.isobar.aws.emulator.S3Proxy;
import dev.isobar.conformance.ObjectStoreSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class S3ObjectStoreTest extends ObjectStoreSuite {
    private static S3Proxy s3;

    @BeforeAll
    static void start() throws Exception {
        s3 = S3Proxy.start();
        Buckets.make(s3.endpoint(), AwsPlatform.BUCKET);
    }

    @AfterAll
    static void stop() {
        if (s3 != null) {
            s3.close();
        }
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.s3", s3.endpoint().toString()));
    }
}
