package dev.isobar.config;

import org.jspecify.annotations.Nullable;

/**
 * A declared key.
 *
 * @param name dotted, relative to the subtree it is declared for
 * @param type how its text is read
 * @param defaultValue text used when it is not set; null if it has none
 * @param documentation one sentence for {@code isobar doctor} and the docs, units included
 * @param identity whether it says who this process is: such a value is never handed to a workload, which has an identity of its own
 * @since 0.1
 */
public record ConfigKey(
        String name, ConfigType type, @Nullable String defaultValue, String documentation, boolean identity) {
    /** A key with a default. */
    public static ConfigKey of(String name, ConfigType type, String defaultValue, String documentation) {
        return new ConfigKey(name, type, defaultValue, documentation, false);
    }

    /** A key that may stay unset. */
    public static ConfigKey optional(String name, ConfigType type, String documentation) {
        return new ConfigKey(name, type, null, documentation, false);
    }

    /** A key that may stay unset and that says who this process is. */
    public static ConfigKey identity(String name, String documentation) {
        return new ConfigKey(name, ConfigType.TEXT, null, documentation, true);
    }
}
