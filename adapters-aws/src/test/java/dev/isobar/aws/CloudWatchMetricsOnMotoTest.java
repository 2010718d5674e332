package dev.isobar.aws;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.isobar.conformance.MetricsSuite;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import dev.isobar.emulator.aws.foreign.MotoServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("moto")
class CloudWatchMetricsOnMotoTest extends MetricsSuite {
    private static ForeignProcess moto;

    @BeforeAll
    static void start(@TempDir Path home) throws Exception {
        assumeTrue(MotoServer.installed(), "no moto_server on the PATH");
        moto = MotoServer.start(home);
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
