package dev.isobar.cli.settings;

import dev.isobar.config.ConfigKey;
import dev.isobar.config.ConfigType;
import dev.isobar.config.Configuration;
import dev.isobar.config.Names;
import dev.isobar.spec.PipelineSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the layers say together, not yet checked. {@link #bind} checks it against everything that knows a key and reports all problems at once.
 * Immutable and thread safe.
 */
public final class Settings {
    /** The port that clients of the endpoint use. */
    public static final String ENDPOINT_PORT = "endpoint.port";

    /** The image that trains. */
    public static final String TRAINER_IMAGE = "image.trainer";

    /** The image that serves. */
    public static final String SERVER_IMAGE = "image.server";

    private static final String SOURCES = "sources.";
    private static final String PATH = ".path";
    private static final String TRAINING = "training.";
    private static final String TARGETS = "targets.";

    /** XGBoost's own names; the trainer checks the values. What a pipeline sets itself is known in any case. */
    private static final List<String> HYPERPARAMETERS = List.of(
            "alpha",
            "base_score",
            "colsample_bylevel",
            "colsample_bynode",
            "colsample_bytree",
            "eta",
            "gamma",
            "grow_policy",
            "lambda",
            "max_bin",
            "max_delta_step",
            "max_depth",
            "max_leaves",
            "min_child_weight",
            "nthread",
            "num_round",
            "scale_pos_weight",
            "seed",
            "subsample",
            "tree_method");

    private final Map<String, Value> values;
    private final List<String> problems;

    Settings(Map<String, Value> values, List<String> problems) {
        this.values = new TreeMap<>(values);
        this.problems = List.copyOf(problems);
    }

    /**
     * One key's text and where it stands.
     *
     * @param where for messages: a file, or {@code --set}
     * @param folder what a relative path is relative to
     */
    record Value(String text, String where, Path folder) {}

    /**
     * Checked settings of one command.
     *
     * @param sources source name → absolute path, not yet looked at
     * @param sourceOrigins source name → the key and where it stands, for messages
     * @param endpointPort 0 for any free port
     * @param trainerImage empty if not set
     * @param serverImage empty if not set
     * @param adapter the subtree of the target's adapter
     */
    public record Bound(
            Map<String, Path> sources,
            Map<String, String> sourceOrigins,
            Map<String, String> hyperparameters,
            int endpointPort,
            String trainerImage,
            String serverImage,
            Configuration adapter) {}

    /**
     * Every key that a pipeline and a target know, with full names.
     *
     * @param pipeline null for a command that is about no pipeline
     */
    public static List<ConfigKey> keys(@Nullable PipelineSpec pipeline, String target, List<ConfigKey> adapterKeys) {
        List<ConfigKey> keys = new ArrayList<>();
        if (pipeline == null) {
            keys.add(ConfigKey.optional(
                    SOURCES + "NAME" + PATH,
                    ConfigType.PATH,
                    "The file that feeds the pipeline's source of that name."));
            keys.add(ConfigKey.optional(
                    TRAINING + "NAME", ConfigType.TEXT, "Overrides a hyperparameter, by the name XGBoost gives it."));
        } else {
            pipeline.sources()
                    .forEach(s -> keys.add(ConfigKey.optional(
                            SOURCES + s.name() + PATH,
                            ConfigType.PATH,
                            "The " + s.format() + " file that feeds source '" + s.name() + "'.")));
            if (pipeline.training() != null) {
                Set<String> names = new TreeSet<>(HYPERPARAMETERS);
                names.addAll(pipeline.training().hyperparameters().keySet());
                names.forEach(n -> keys.add(ConfigKey.optional(
                        TRAINING + n, ConfigType.TEXT, "Overrides the hyperparameter '" + n + "'.")));
            }
        }
        keys.add(ConfigKey.of(
                ENDPOINT_PORT,
                ConfigType.PORT,
                "0",
                "The port of this machine on which the endpoint answers; 0 takes any free one."));
        keys.add(ConfigKey.of(
                TRAINER_IMAGE,
                ConfigType.TEXT,
                "",
                "The training image, with its digest, for targets that run containers; `isobar image` makes it."));
        keys.add(ConfigKey.of(
                SERVER_IMAGE,
                ConfigType.TEXT,
                "",
                "The serving image, with its digest, for targets that run containers; `isobar image` makes it."));
        adapterKeys.forEach(k -> keys.add(new ConfigKey(
                TARGETS + target + "." + k.name(), k.type(), k.defaultValue(), k.documentation(), k.identity())));
        return keys;
    }

    /**
     * Checks every key.
     *
     * @param pipeline the pipeline that runs; null for a command that is about none: keys of pipelines are then not judged
     * @param target the target's name
     * @param adapterKeys what its adapter reads
     * @param targets all targets there are; keys of the others are not judged
     * @throws dev.isobar.error.IsobarException {@code INVALID_CONFIGURATION} with every problem
     */
    public Bound bind(
            @Nullable PipelineSpec pipeline, String target, List<ConfigKey> adapterKeys, Set<String> targets) {
        List<String> found = new ArrayList<>(problems);
        Map<String, ConfigKey> known = new LinkedHashMap<>();
        keys(pipeline, target, adapterKeys).forEach(k -> known.put(k.name(), k));
        Map<String, Path> sources = new TreeMap<>();
        Map<String, String> origins = new TreeMap<>();
        Map<String, String> hyperparameters = new TreeMap<>();
        Map<String, String> adapter = new TreeMap<>();
        String ownTarget = TARGETS + target + ".";
        int[] port = {0};
        Map<String, String> images = new TreeMap<>();
        values.forEach((name, value) -> {
            if ((pipeline == null && ofSomePipeline(name)) || ofAnotherTarget(name, target, targets)) {
                return;
            }
            ConfigKey key = known.get(name);
            if (key == null) {
                found.add("Unknown configuration key '" + name + "' (" + value.where() + ")"
                        + suggestion(name, known.keySet()));
                return;
            }
            String text = key.type() == ConfigType.PATH ? absolute(value) : value.text();
            List<String> wrong = new ArrayList<>();
            Configuration.validate("", List.of(key), Map.of(name, text), wrong);
            if (!wrong.isEmpty()) {
                wrong.forEach(w -> found.add(w + " (" + value.where() + ")"));
            } else if (name.startsWith(SOURCES)) {
                String source = name.substring(SOURCES.length(), name.length() - PATH.length());
                sources.put(source, Path.of(text));
                origins.put(source, "'" + name + "' (" + value.where() + ")");
            } else if (name.startsWith(TRAINING)) {
                hyperparameters.put(name.substring(TRAINING.length()), text);
            } else if (name.equals(ENDPOINT_PORT)) {
                port[0] = Integer.parseInt(text);
            } else if (name.equals(TRAINER_IMAGE) || name.equals(SERVER_IMAGE)) {
                images.put(name, text);
            } else {
                adapter.put(name.substring(ownTarget.length()), text);
            }
        });
        Configuration.throwIfAny(found);
        return new Bound(
                sources,
                origins,
                hyperparameters,
                port[0],
                images.getOrDefault(TRAINER_IMAGE, ""),
                images.getOrDefault(SERVER_IMAGE, ""),
                Configuration.of(TARGETS + target, adapterKeys, adapter));
    }

    private static boolean ofSomePipeline(String name) {
        return (name.startsWith(SOURCES) && name.endsWith(PATH)) || name.startsWith(TRAINING);
    }

    private static boolean ofAnotherTarget(String name, String target, Set<String> targets) {
        return targets.stream().anyMatch(t -> !t.equals(target) && name.startsWith(TARGETS + t + "."));
    }

    private static String absolute(Value value) {
        try {
            return value.text().isEmpty()
                    ? ""
                    : value.folder().resolve(value.text()).normalize().toString();
        } catch (java.nio.file.InvalidPathException e) {
            return value.text(); // the check of its type says what is wrong with it
        }
    }

    private static String suggestion(String name, Set<String> known) {
        // Somebody who leaves out the front of a long name still means it.
        return known.stream()
                .filter(k -> k.endsWith("." + name))
                .findFirst()
                .or(() -> Names.nearest(name, known))
                .map(n -> "; did you mean '" + n + "'?")
                .orElse("");
    }
}
