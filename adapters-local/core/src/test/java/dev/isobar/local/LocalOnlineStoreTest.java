package dev.isobar.local;

import dev.isobar.conformance.OnlineStoreSuite;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalOnlineStoreTest extends OnlineStoreSuite {
    @TempDir
    static Path home;

    @Override
    protected Platform platform() {
        return new LocalPlatform(home);
    }
}
