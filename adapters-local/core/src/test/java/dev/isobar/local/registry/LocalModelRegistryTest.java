package dev.isobar.local.registry;

import dev.isobar.conformance.ModelRegistrySuite;
import dev.isobar.local.LocalPlatform;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalModelRegistryTest extends ModelRegistrySuite {
    @TempDir
    static Path home;

    @Override
    protected Platform platform() {
        return new LocalPlatform(home);
    }
}
