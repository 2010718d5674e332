package dev.isobar.aws;

import dev.isobar.aws.emulator.LocalStack;
import dev.isobar.conformance.MetricsSuite;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("docker")
class CloudWatchMetricsOnLocalStackTest extends MetricsSuite {
    private static URI endpoint;

    @BeforeAll
    static void start() {
        endpoint = LocalStack.endpoint();
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.cloudwatch", endpoint.toString()), LocalStack.name());
    }
}
