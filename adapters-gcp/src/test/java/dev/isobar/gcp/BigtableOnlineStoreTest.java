package dev.isobar.gcp;

import dev.isobar.conformance.OnlineStoreSuite;
import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulator.gcp.foreign.BigtableEmulator;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class BigtableOnlineStoreTest extends OnlineStoreSuite {
    private static ForeignProcess bigtable;

    @BeforeAll
    static void start() throws Exception {
        bigtable = BigtableEmulator.start(
                Path.of(System.getProperty("basedir", ""), "target", "bigtable").toAbsolutePath());
    }

    @AfterAll
    static void stop() {
        bigtable.close();
    }

    @Override
    protected Platform platform() {
        String endpoint = bigtable.endpoint().toString();
        return new GcpPlatform(
                Map.of("endpoint.bigtable", endpoint, "endpoint.bigtable-admin", endpoint),
                "Google's Bigtable emulator");
    }
}
