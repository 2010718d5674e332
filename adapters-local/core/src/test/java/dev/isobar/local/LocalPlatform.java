package dev.isobar.local;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.Configuration;
import dev.isobar.conformance.PortSuite;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.Map;

/** The local adapter on a folder; every session is a fresh one on the same folder, as another process would have it. */
public record LocalPlatform(Path home) implements PortSuite.Platform {
    @Override
    public AdapterSession open() {
        LocalAdapter adapter = new LocalAdapter();
        return adapter.open(new AdapterContext("local", Configuration.of("", adapter.configuration(), Map.of()), home));
    }

    @Override
    public CapabilityReport capabilities() {
        return new LocalAdapter().capabilities();
    }
}
