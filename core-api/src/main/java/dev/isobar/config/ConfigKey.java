package dev.isobar.config;

import org.jspecify.annotations.Nullable;

/**
 * A declared key.
 *
 * @param name dotted, relative to the subtree it is declared for
 * @param type how its text is read
 * @param defaultValue text used when it is not set; null if it has none
 * @param documentation one sentence for {@code isobar doctor} and the docs, units included
 * @since 0.1
 */
public record ConfigKey(
        String name, ConfigType type, @Nullable String defaultValue, String documentation) {
    /** A key with a default. */
    public static ConfigKey of(String name, ConfigType type, String defaultValue, String documentation) {
        return new ConfigKey(name, type, defaultValue, documentation);
    }

    /** A key that may stay unset. */
    public static ConfigKey optional(String name, ConfigType type, String documentation) {
        return new ConfigKey(name, type, null, documentation);
    }
}
