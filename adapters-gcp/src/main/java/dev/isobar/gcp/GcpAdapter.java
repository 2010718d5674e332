package dev.isobar.gcp;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.ConfigKey;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The Google Cloud adapter, {@code gcp}: ports on managed services, through Google's own client libraries. Thread safe.
 *
 * @since 0.1
 */
public final class GcpAdapter implements Adapter {
    /** For {@link java.util.ServiceLoader}. */
    public GcpAdapter() {}

    @Override
    public String id() {
        return "gcp";
    }

    @Override
    public CapabilityReport capabilities() {
        return new CapabilityReport(id(), Map.of(), Set.of(), Map.of());
    }

    @Override
    public List<ConfigKey> configuration() {
        return GcpConfig.KEYS;
    }

    @Override
    public AdapterSession open(AdapterContext context) {
        return GcpSession.open(context);
    }
}
