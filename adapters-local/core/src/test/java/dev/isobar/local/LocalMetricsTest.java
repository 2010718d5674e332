package dev.isobar.local;

import dev.isobar.conformance.MetricsSuite;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalMetricsTest extends MetricsSuite {
    @TempDir
    static Path home;

    @Override
    protected Platform platform() {
        return new LocalPlatform(home);
    }
}
