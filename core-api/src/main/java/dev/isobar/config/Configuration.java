package dev.isobar.config;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Validated values of declared keys. Immutable and thread safe. Reading a key that was not declared is a defect of the reader and throws
 * {@link IllegalArgumentException}.
 *
 * @since 0.1
 */
public final class Configuration {
    private final Map<String, ConfigKey> keys;
    private final Map<String, String> values;

    private Configuration(Map<String, ConfigKey> keys, Map<String, String> values) {
        this.keys = keys;
        this.values = values;
    }

    /**
     * Checks values against their declarations.
     *
     * @param where the subtree, for messages: {@code targets.local}
     * @param problems receives every problem found, as sentences; empty afterwards means valid
     */
    public static Configuration validate(
            String where, Collection<ConfigKey> declared, Map<String, String> given, List<String> problems) {
        Map<String, ConfigKey> keys = new LinkedHashMap<>();
        declared.forEach(k -> keys.put(k.name(), k));
        Map<String, String> values = new TreeMap<>();
        String prefix = where.isEmpty() ? "" : where + ".";
        given.forEach((name, value) -> {
            ConfigKey key = keys.get(name);
            if (key == null) {
                String nearest = Names.nearest(name, keys.keySet())
                        .map(n -> "; did you mean '" + prefix + n + "'?")
                        .orElse("");
                problems.add("Unknown configuration key '" + prefix + name + "'" + nearest);
                return;
            }
            String wrong = key.type().check(value);
            if (wrong != null) {
                problems.add("Configuration key '" + prefix + name + "' has the value '" + value + "', which " + wrong);
                return;
            }
            values.put(name, value);
        });
        return new Configuration(keys, values);
    }

    /** Like {@link #validate}, but throws all problems together as {@code INVALID_CONFIGURATION}. */
    public static Configuration of(String where, Collection<ConfigKey> declared, Map<String, String> given) {
        List<String> problems = new ArrayList<>();
        Configuration c = validate(where, declared, given, problems);
        throwIfAny(problems);
        return c;
    }

    /** Throws all problems together as {@code INVALID_CONFIGURATION}; does nothing if there are none. */
    public static void throwIfAny(List<String> problems) {
        if (!problems.isEmpty()) {
            throw IsobarException.of(ErrorCode.INVALID_CONFIGURATION, String.join("\n", problems))
                    .hint("`isobar doctor` lists the keys that the target knows.")
                    .build();
        }
    }

    /** The text of a key, its default if unset. */
    public Optional<String> text(String name) {
        ConfigKey key = keys.get(name);
        if (key == null) {
            throw new IllegalArgumentException("key '" + name + "' was never declared");
        }
        String value = values.get(name);
        return Optional.ofNullable(value == null ? key.defaultValue() : value);
    }

    /**
     * What was given, without defaults and without this process's identity, sorted by key, so that the same configuration is the same text in every process: enough to open the same configuration in a workload, which has an identity of
     * its own.
     */
    public Map<String, String> forWorkloads() {
        Map<String, String> given = new TreeMap<>(values);
        keys.values().stream().filter(ConfigKey::identity).map(ConfigKey::name).forEach(given::remove);
        return Collections.unmodifiableMap(given);
    }

    /** A whole number. */
    public long integer(String name) {
        return Long.parseLong(require(name));
    }

    /** True or false. */
    public boolean flag(String name) {
        return Boolean.parseBoolean(require(name));
    }

    /** A length of time. */
    public Duration duration(String name) {
        return ConfigType.duration(require(name));
    }

    /** A path of this machine. */
    public Optional<Path> path(String name) {
        return text(name).map(Path::of);
    }

    private String require(String name) {
        return text(name)
                .orElseThrow(() -> IsobarException.of(
                                ErrorCode.INVALID_CONFIGURATION,
                                "Configuration key '" + name + "' is not set and has no default")
                        .build());
    }
}
