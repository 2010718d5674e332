package dev.isobar.gcp;

import dev.isobar.conformance.MetricsSuite;
import dev.isobar.emulator.gcp.monitoring.MonitoringEmulator;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class CloudMonitoringMetricsTest extends MetricsSuite {
    @TempDir
    static Path home;

    private static MonitoringEmulator monitoring;

    @BeforeAll
    static void start() throws Exception {
        monitoring = MonitoringEmulator.start(home, 0);
    }

    @AfterAll
    static void stop() {
        monitoring.close();
    }

    @Override
    protected Platform platform() {
        return new GcpPlatform(Map.of("endpoint.monitoring", monitoring.endpoint()));
    }
}
