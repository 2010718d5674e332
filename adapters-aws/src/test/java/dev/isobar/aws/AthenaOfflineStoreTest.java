package dev.isobar.aws;

import dev.isobar.conformance.OfflineStoreSuite;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class AthenaOfflineStoreTest extends OfflineStoreSuite {
    @TempDir
    static Path home;

    private static LakeEmulator emulator;

    @BeforeAll
    static void start() throws Exception {
        emulator = LakeEmulator.start(home);
    }

    @AfterAll
    static void stop() {
        emulator.close();
    }

    @Override
    protected Platform platform() {
        return emulator.platform();
    }
}
