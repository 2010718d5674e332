package dev.isobar.gcp;

import dev.isobar.conformance.ObjectStoreSuite;
import dev.isobar.emulator.gcp.storage.StorageService;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class GcsObjectStoreTest extends ObjectStoreSuite {
    @TempDir
    static Path home;

    private static EmulatorServer emulator;

    @BeforeAll
    static void start() throws Exception {
        StorageService storage = GcpPlatform.lake(home);
        emulator = EmulatorServer.start(0, storage);
    }

    @AfterAll
    static void stop() {
        emulator.close();
    }

    @Override
    protected Platform platform() {
        return new GcpPlatform(Map.of("endpoint.storage", emulator.uri().toString()));
    }
}
