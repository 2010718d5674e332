package dev.isobar.trainer;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * Where a run reads and writes. The layout is SageMaker's {@code /opt/ml}; every part of it can be put elsewhere by a plain argument, so that
 * platforms with another layout need no change here.
 *
 * @param hyperparameters a JSON object of strings
 * @param train folder of the training rows
 * @param validation folder of the rows that metrics are computed on
 * @param candidate folder that may hold an {@code xgboost-model} that somebody else has trained: then it is judged and passed on, and nothing is trained
 * @param champion folder that may hold {@code xgboost-model}, to be scored on the same rows
 * @param model folder the model is written to
 * @param output folder for {@code data/metrics.json} or {@code failure}
 */
record Folders(
        Path hyperparameters, Path train, Path validation, Path candidate, Path champion, Path model, Path output) {
    static final List<String> OPTIONS = List.of(
            "--ml-dir",
            "--hyperparameters",
            "--train",
            "--validation",
            "--candidate",
            "--champion",
            "--model-dir",
            "--output-dir");

    /**
     * Reads the environment ({@code ISOBAR_ML_DIR}; {@code AIP_MODEL_DIR} if it is a local path) and then the arguments, which win. The
     * argument {@code train}, with which SageMaker starts a container, is accepted and means nothing.
     *
     * @throws TrainingFailure for an unknown or incomplete argument
     */
    static Folders of(String[] arguments, Map<String, String> environment) {
        Path root = Path.of(environment.getOrDefault("ISOBAR_ML_DIR", "/opt/ml"));
        Folders folders = under(root);
        String aip = environment.get("AIP_MODEL_DIR");
        // A bucket's address is for the adapter's stager; only a mounted path is for us.
        if (aip != null && !aip.isBlank() && !aip.contains("://")) {
            folders = folders.with("--model-dir", Path.of(aip));
        }
        // --ml-dir first, whatever its place: it is the root that the others override.
        for (int i = 0; i + 1 < arguments.length; i++) {
            if (arguments[i].equals("--ml-dir")) {
                folders = under(Path.of(arguments[i + 1]));
            }
        }
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        if ("train".equals(rest.peek())) {
            rest.pop();
        }
        while (!rest.isEmpty()) {
            String option = rest.pop();
            if (!OPTIONS.contains(option)) {
                throw new TrainingFailure(
                        "Unknown argument '" + option + "'" + Hyperparameters.suggestion(option, OPTIONS) + ".",
                        "command line",
                        "Known: " + String.join(" ", OPTIONS) + ".");
            }
            if (rest.isEmpty()) {
                throw new TrainingFailure(
                        "Argument " + option + " has no value.", "command line", "Give a path after it.");
            }
            folders = folders.with(option, Path.of(rest.pop()));
        }
        return folders;
    }

    private static Folders under(Path root) {
        Path data = root.resolve("input/data");
        return new Folders(
                root.resolve("input/config/hyperparameters.json"),
                data.resolve("train"),
                data.resolve("validation"),
                data.resolve("candidate"),
                data.resolve("champion"),
                root.resolve("model"),
                root.resolve("output"));
    }

    private Folders with(String option, Path path) {
        return switch (option) {
            case "--hyperparameters" -> new Folders(path, train, validation, candidate, champion, model, output);
            case "--train" -> new Folders(hyperparameters, path, validation, candidate, champion, model, output);
            case "--validation" -> new Folders(hyperparameters, train, path, candidate, champion, model, output);
            case "--candidate" -> new Folders(hyperparameters, train, validation, path, champion, model, output);
            case "--champion" -> new Folders(hyperparameters, train, validation, candidate, path, model, output);
            case "--model-dir" -> new Folders(hyperparameters, train, validation, candidate, champion, path, output);
            case "--output-dir" -> new Folders(hyperparameters, train, validation, candidate, champion, model, path);
            default -> this;
        };
    }
}
