package dev.isobar.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The checked hyperparameters of a run. All problems are found at once.
 *
 * @param objective XGBoost's name of the objective
 * @param rounds how many trees to add, at least 1
 * @param threads XGBoost's {@code nthread}; 1 makes the model's bytes reproducible
 * @param evalEvery a progress line every so many rounds
 * @param featureNames the columns after the label, or empty if they have no names
 * @param booster what goes to XGBoost as it is, sorted by name
 */
record Hyperparameters(
        String objective,
        int rounds,
        int threads,
        int evalEvery,
        List<String> featureNames,
        Map<String, Object> booster) {

    private static final ObjectMapper JSON = new ObjectMapper();
    static final List<String> OBJECTIVES =
            List.of("binary:logistic", "reg:squarederror", "reg:absoluteerror", "reg:logistic", "count:poisson");

    /** Name → kind and least value of the numbers; what is not here is unknown. */
    private static final Map<String, Range> NUMBERS = new TreeMap<>(Map.ofEntries(
            Map.entry("num_round", new Range(true, 1, 100_000)),
            Map.entry("nthread", new Range(true, 1, 1024)),
            Map.entry("eval_every", new Range(true, 1, 100_000)),
            Map.entry("seed", new Range(true, 0, Integer.MAX_VALUE)),
            Map.entry("max_depth", new Range(true, 1, 30)),
            Map.entry("max_leaves", new Range(true, 0, 1 << 20)),
            Map.entry("max_bin", new Range(true, 2, 1 << 16)),
            Map.entry("eta", new Range(false, 0, 1)),
            Map.entry("gamma", new Range(false, 0, Float.MAX_VALUE)),
            Map.entry("lambda", new Range(false, 0, Float.MAX_VALUE)),
            Map.entry("alpha", new Range(false, 0, Float.MAX_VALUE)),
            Map.entry("min_child_weight", new Range(false, 0, Float.MAX_VALUE)),
            Map.entry("max_delta_step", new Range(false, 0, Float.MAX_VALUE)),
            Map.entry("subsample", new Range(false, Float.MIN_VALUE, 1)),
            Map.entry("colsample_bytree", new Range(false, Float.MIN_VALUE, 1)),
            Map.entry("colsample_bylevel", new Range(false, Float.MIN_VALUE, 1)),
            Map.entry("colsample_bynode", new Range(false, Float.MIN_VALUE, 1)),
            Map.entry("scale_pos_weight", new Range(false, Float.MIN_VALUE, Float.MAX_VALUE)),
            Map.entry("base_score", new Range(false, -Float.MAX_VALUE, Float.MAX_VALUE))));

    private static final Map<String, List<String>> WORDS = Map.of(
            "objective", OBJECTIVES,
            "tree_method", List.of("hist", "exact", "approx"),
            "grow_policy", List.of("depthwise", "lossguide"));

    private record Range(boolean whole, double least, double most) {}

    /**
     * Reads the JSON object of strings; numbers are accepted where a string would hold one.
     *
     * @throws TrainingFailure naming every unknown key with the nearest known one, and every value out of range
     */
    static Hyperparameters read(Path file) {
        JsonNode root;
        try {
            root = JSON.readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new TrainingFailure(
                    "There are no hyperparameters.",
                    file.toString(),
                    "Write a JSON object such as {\"objective\":\"binary:logistic\",\"num_round\":\"200\"}.",
                    e);
        } catch (JsonProcessingException e) {
            throw new TrainingFailure(
                    "The hyperparameters are not JSON: " + e.getOriginalMessage() + ".",
                    file + ":" + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
                    "Write one JSON object whose values are strings.",
                    e);
        } catch (IOException e) {
            throw new TrainingFailure(
                    "The hyperparameters cannot be read: " + e + ".", file.toString(), "Check that path.", e);
        }
        if (root == null || !root.isObject()) {
            throw new TrainingFailure(
                    "The hyperparameters are not a JSON object.",
                    file.toString(),
                    "Write one JSON object whose values are strings.");
        }
        Map<String, String> values = new LinkedHashMap<>();
        root.properties()
                .forEach(e -> values.put(
                        e.getKey(),
                        e.getValue().isValueNode()
                                ? e.getValue().asText()
                                : e.getValue().toString()));
        return of(values, file.toString());
    }

    static Hyperparameters of(Map<String, String> values, String where) {
        List<String> problems = new ArrayList<>();
        List<String> known = new ArrayList<>(NUMBERS.keySet());
        known.addAll(WORDS.keySet());
        known.add("feature_names");
        Map<String, Object> booster = new TreeMap<>();
        List<String> names = List.of();
        for (Map.Entry<String, String> e : values.entrySet()) {
            String key = e.getKey();
            String value = e.getValue();
            Range range = NUMBERS.get(key);
            List<String> words = WORDS.get(key);
            if (range != null) {
                number(key, value, range, problems).ifPresent(n -> booster.put(key, n));
            } else if (words != null) {
                if (words.contains(value)) {
                    booster.put(key, value);
                } else {
                    problems.add(key + " is '" + value + "'" + suggestion(value, words) + "; known: "
                            + String.join(", ", words));
                }
            } else if (key.equals("feature_names")) {
                names = names(value, problems);
            } else {
                problems.add("unknown hyperparameter '" + key + "'" + suggestion(key, known));
            }
        }
        for (String required : List.of("objective", "num_round")) {
            if (!values.containsKey(required)) {
                problems.add(required + " is missing");
            }
        }
        if (!problems.isEmpty()) {
            throw new TrainingFailure(
                    "The hyperparameters cannot be used: " + String.join("; ", problems) + ".",
                    where,
                    "Correct these and train again.");
        }
        int rounds = integer(booster.remove("num_round"), 1);
        int threads = integer(booster.getOrDefault("nthread", 1), 1);
        int every = integer(booster.remove("eval_every"), Math.max(1, Math.min(50, rounds)));
        booster.put("nthread", threads);
        booster.putIfAbsent("seed", 0);
        booster.putIfAbsent("tree_method", "hist");
        String objective = String.valueOf(booster.get("objective"));
        return new Hyperparameters(objective, rounds, threads, every, names, booster);
    }

    boolean binary() {
        return objective.equals("binary:logistic");
    }

    private static int integer(@Nullable Object value, int otherwise) {
        return value instanceof Integer i ? i : otherwise;
    }

    private static java.util.Optional<Object> number(String key, String value, Range range, List<String> problems) {
        try {
            double d = Double.parseDouble(value.trim());
            if (d >= range.least && d <= range.most && (!range.whole || d == Math.rint(d))) {
                // Text as it came: XGBoost parses decimals itself, and a detour through binary could change them.
                return java.util.Optional.of(range.whole ? (Object) (int) d : value.trim());
            }
        } catch (NumberFormatException e) {
            problems.add(key + " is '" + value + "', not a number");
            return java.util.Optional.empty();
        }
        problems.add(key + " is " + value + ", not " + (range.whole ? "a whole number" : "a number") + " from "
                + plain(range.least) + " to " + plain(range.most));
        return java.util.Optional.empty();
    }

    private static String plain(double d) {
        if (d == Float.MIN_VALUE) {
            return "just above 0";
        }
        return d == Math.rint(d) && Math.abs(d) < 1e15 ? Long.toString((long) d) : Double.toString(d);
    }

    private static List<String> names(String value, List<String> problems) {
        try {
            List<String> names = JSON.readValue(value, new TypeReference<List<String>>() {});
            if (names.stream().distinct().count() != names.size()) {
                problems.add("feature_names holds a name twice");
            }
            return List.copyOf(names);
        } catch (JsonProcessingException | NullPointerException e) {
            problems.add("feature_names is not a JSON array of strings");
            return List.of();
        }
    }

    /** {@code ", did you mean 'x'?"} or nothing. */
    static String suggestion(String name, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt((String k) -> distance(name, k)).thenComparing(Comparator.naturalOrder()))
                .filter(k -> distance(name, k) <= Math.max(2, Math.max(name.length(), k.length()) / 3))
                .map(k -> ", did you mean '" + k + "'?")
                .orElse("");
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int next = Math.min(
                        Math.min(row[j], row[j - 1]) + 1, diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = row[j];
                row[j] = next;
            }
        }
        return row[b.length()];
    }
}
