package dev.isobar.aws;

import dev.isobar.aws.emulator.MotoServer;
import dev.isobar.conformance.MetricsSuite;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("moto")
class CloudWatchMetricsOnMotoTest extends MetricsSuite {
    private static MotoServer moto;

    @BeforeAll
    static void start() throws Exception {
        moto = MotoServer.start();
    }

    @AfterAll
    static void stop() {
        if (moto != null) {
            moto.close();
        }
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.cloudwatch", moto.endpoint().toString()));
    }
}
