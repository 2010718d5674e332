package dev.isobar.local;

import dev.isobar.conformance.OfflineStoreSuite;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalOfflineStoreTest extends OfflineStoreSuite {
    @TempDir
    static Path home;

    @Override
    protected Platform platform() {
        return new LocalPlatform(home);
    }
}
