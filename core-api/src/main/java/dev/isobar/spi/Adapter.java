package dev.isobar.spi;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.ConfigKey;
import java.util.List;

/**
 * A platform's entry point. Implementations have a public no-argument constructor, do nothing in it, and are listed in
 * {@code META-INF/services}. Thread safe.
 *
 * @since 0.1
 */
public interface Adapter {
    /** Short name, as in a target: {@code local}, {@code aws}. */
    String id();

    /** What it can do. Needs no connection. */
    CapabilityReport capabilities();

    /** Every configuration key it reads, relative to its instance's subtree. */
    List<ConfigKey> configuration();

    /** Opens a session. Acquires no cloud resource by itself. */
    AdapterSession open(AdapterContext context);

    /** What is missing on this machine for it to work, as (what, how to get it); empty when all is well. */
    default List<Diagnosis> diagnose(AdapterContext context) {
        return List.of();
    }

    /**
     * One finding of {@code isobar doctor}.
     *
     * @param ok whether all is well
     * @param finding what was found
     * @param remedy what to do, empty when all is well
     */
    record Diagnosis(String check, boolean ok, String finding, String remedy) {}
}
