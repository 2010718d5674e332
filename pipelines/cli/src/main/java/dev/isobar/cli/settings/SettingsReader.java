package dev.isobar.cli.settings;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.commons.configuration2.YAMLConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.interpol.ConfigurationInterpolator;
import org.apache.commons.configuration2.interpol.Lookup;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * Reads layers, lowest first; a later layer overrides an earlier one key by key. Values may name environment variables as {@code ${env:NAME}} or
 * {@code ${env:NAME:-default}}; no other lookup is possible. Not thread safe.
 */
public final class SettingsReader {
    private static final Pattern UNRESOLVED = Pattern.compile("\\$\\{([^}]*)}");

    private final Map<String, Settings.Value> values = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final Function<String, @Nullable String> environment;

    /** @param environment the environment's variables by name, null for one that is not set */
    public SettingsReader(Function<String, @Nullable String> environment) {
        this.environment = environment;
    }

    /** A file that need not exist. */
    public SettingsReader optional(Path file) {
        return Files.exists(file) ? file(file) : this;
    }

    /** A file that somebody named. */
    public SettingsReader required(Path file) {
        if (!Files.isRegularFile(file)) {
            throw IsobarException.of(ErrorCode.INVALID_CONFIGURATION, "There is no configuration file " + file)
                    .resource("--config")
                    .hint("Give the path of a YAML file; docs/configuration.md shows one.")
                    .build();
        }
        return file(file);
    }

    /**
     * One {@code --set KEY=VALUE}.
     *
     * @param cwd what a relative path is relative to
     */
    public SettingsReader override(String assignment, Path cwd) {
        int equals = assignment.indexOf('=');
        if (equals <= 0) {
            problems.add("--set wants KEY=VALUE, not '" + assignment + "'");
            return this;
        }
        String key = assignment.substring(0, equals).trim();
        BaseHierarchicalConfiguration one = new BaseHierarchicalConfiguration();
        one.addProperty("value", assignment.substring(equals + 1));
        add(key, "value", one, "--set", cwd);
        return this;
    }

    /**
     * Values that somebody else knows, of lower rank than all layers. If a layer says anything about one of these keys itself, none of them counts: half of
     * one place and half of another is neither.
     *
     * @param where what says so, for messages
     */
    public SettingsReader unlessSaid(Map<String, String> others, Path where) {
        if (others.keySet().stream().noneMatch(values::containsKey)) {
            others.forEach((key, text) -> values.put(key, new Settings.Value(text, where.toString(), where)));
        }
        return this;
    }

    /** What was read. */
    public Settings settings() {
        return new Settings(values, problems);
    }

    private SettingsReader file(Path given) {
        Path file = given.toAbsolutePath().normalize();
        YAMLConfiguration yaml = new YAMLConfiguration();
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            yaml.read(reader, options);
        } catch (CharacterCodingException e) {
            problems.add(file + " is not UTF-8 text");
            return this;
        } catch (ConfigurationException e) {
            problems.add(file + " is not YAML: " + oneLine(e.getCause() == null ? e : e.getCause()));
            return this;
        } catch (IOException e) {
            throw IsobarException.io("reading " + file, e);
        } catch (ClassCastException | NullPointerException e) {
            // The reader of Commons Configuration casts: a list at the top, or a key such as `on:` that YAML takes for
            // a truth value.
            problems.add(file + " is not a mapping of names to values: quote keys such as \"on\", \"yes\" or numbers");
            return this;
        }
        Path folder = file.getParent();
        for (Iterator<String> keys = yaml.getKeys(); keys.hasNext(); ) {
            String key = keys.next();
            // A dot inside one YAML key is written '..'; `sources.flights.path: x` on one line means the same as three
            // levels.
            add(key.replace("..", "."), key, yaml, file.toString(), folder == null ? file : folder);
        }
        return this;
    }

    private void add(String name, String key, BaseHierarchicalConfiguration config, String where, Path folder) {
        ConfigurationInterpolator interpolator = new ConfigurationInterpolator();
        Lookup variables = environment::apply;
        interpolator.registerLookup("env", variables);
        config.setInterpolator(interpolator);
        List<Object> items = config.getList(key);
        List<String> texts = new ArrayList<>();
        for (Object item : items) {
            texts.add(String.valueOf(item));
        }
        String text = String.join(",", texts);
        Matcher unresolved = UNRESOLVED.matcher(text);
        if (unresolved.find()) {
            String variable = unresolved.group(1);
            problems.add("Configuration key '" + name + "' (" + where + ") refers to '${" + variable + "}', which is "
                    + (variable.startsWith("env:") ? "not set in the environment" : "no ${env:NAME}"));
            return;
        }
        values.put(name, new Settings.Value(text, where, folder));
    }

    private static String oneLine(Throwable e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
