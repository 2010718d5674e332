package dev.isobar.local.registry;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.conformance.ModelRegistrySuite;
import dev.isobar.local.LocalAdapter;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.ModelRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalModelRegistryTest extends ModelRegistrySuite {
    @TempDir
    Path home;

    @Override
    protected ModelRegistry registry() {
        return new LocalModelRegistry(new LocalHome("local", home));
    }

    @Override
    protected CapabilityReport capabilities() {
        return new LocalAdapter().capabilities();
    }
}
