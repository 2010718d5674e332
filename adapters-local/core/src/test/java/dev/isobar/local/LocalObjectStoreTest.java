package dev.isobar.local;

import dev.isobar.conformance.ObjectStoreSuite;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalObjectStoreTest extends ObjectStoreSuite {
    @TempDir
    static Path home;

    @Override
    protected Platform platform() {
        return new LocalPlatform(home);
    }
}
