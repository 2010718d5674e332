package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulators;
import dev.isobar.conformance.MetricsSuite;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("moto")
class CloudWatchMetricsOnMotoTest extends MetricsSuite {
    private static ForeignProcess moto;

    @BeforeAll
    static void start() {
        moto = Emulators.moto();
    }

    @AfterAll
    static void stop() {
        if (moto != null) {
            moto.close();
        }
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.cloudwatch", moto.endpoint().toString()), "moto");
    }
}
