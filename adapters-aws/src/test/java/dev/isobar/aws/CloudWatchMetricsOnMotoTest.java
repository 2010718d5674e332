package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.conformance.MetricsSuite;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("moto")
class CloudWatchMetricsOnMotoTest extends MetricsSuite {
    @RegisterExtension
    static final Emulator MOTO = Emulator.moto();

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.cloudwatch", MOTO.endpoint().toString()), "moto");
    }
}
