package dev.isobar.capability;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * An adapter's declaration of itself.
 *
 * @param adapter its id
 * @param services port → what stands behind it, as a user would call it ({@code Kinesis Data Streams}); a port that is absent is not implemented
 * @param capabilities what it can do beyond the ports' contracts
 * @param limits bounds; an absent one means none worth checking
 * @since 0.1
 */
public record CapabilityReport(
        String adapter, Map<Port, String> services, Set<Capability> capabilities, Map<Limit, Long> limits) {

    /** Whether the adapter declares this. */
    public boolean has(Capability capability) {
        return capabilities.contains(capability);
    }

    /** Whether the adapter implements this port. */
    public boolean implementsPort(Port port) {
        return services.containsKey(port);
    }

    /** The bound, if there is one. */
    public OptionalLong limit(Limit limit) {
        Long value = limits.get(limit);
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
