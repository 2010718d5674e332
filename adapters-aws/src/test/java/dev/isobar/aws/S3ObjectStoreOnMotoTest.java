package dev.isobar.aws;

import dev.isobar.aws.emulator.Buckets;
import dev.isobar.aws.emulator.MotoServer;
import dev.isobar.conformance.ObjectStoreSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("moto")
class S3ObjectStoreOnMotoTest extends ObjectStoreSuite {
    private static MotoServer moto;

    @BeforeAll
    static void start() throws Exception {
        moto = MotoServer.start();
        Buckets.make(moto.endpoint(), AwsPlatform.BUCKET);
    }

    @AfterAll
    static void stop() {
        if (moto != null) {
            moto.close();
        }
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.s3", moto.endpoint().toString()));
    }
}
