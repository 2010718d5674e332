package dev.isobar.aws;

import dev.isobar.conformance.MetricsSuite;
import dev.isobar.emulator.aws.cloudwatch.CloudWatchService;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class CloudWatchMetricsTest extends MetricsSuite {
    private static EmulatorServer server;

    @BeforeAll
    static void start() throws Exception {
        server = EmulatorServer.start(0, List.of(CloudWatchService.inMemory(Clock.systemUTC())));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.cloudwatch", server.uri().toString()));
    }
}
