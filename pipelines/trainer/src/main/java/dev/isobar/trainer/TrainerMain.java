package dev.isobar.trainer;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * The training entry point. Exit code 0: {@code model/xgboost-model} and {@code output/data/metrics.json} are written; 1: {@code output/failure} says
 * what happened, where, and what to do next.
 *
 * @since 0.1
 */
public final class TrainerMain {
    private static final int FAILURE_LIMIT = 1024;

    private TrainerMain() {}

    /** Runs one training and ends the process. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.getenv(), System.out, System.err));
    }

    /**
     * Runs one training in this process.
     *
     * @return the exit code
     */
    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        Path output = Path.of(environment.getOrDefault("ISOBAR_ML_DIR", "/opt/ml"), "output");
        try {
            Folders folders = Folders.of(arguments, environment);
            output = folders.output();
            Files.deleteIfExists(output.resolve("failure"));
            Files.deleteIfExists(output.resolve("data/metrics.json"));
            Hyperparameters hyper = Hyperparameters.read(folders.hyperparameters());
            new Training(folders, hyper, out).run();
            return 0;
        } catch (XGBoostError | IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
            return fail(output, explain(e), err);
        }
    }

    private static int fail(Path output, String message, PrintStream err) {
        String text = message.length() <= FAILURE_LIMIT ? message : message.substring(0, FAILURE_LIMIT - 3) + "...";
        err.println(text);
        try {
            Files.createDirectories(output);
            Files.write(output.resolve("failure"), text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            err.println("output/failure could not be written either: " + e);
        }
        return 1;
    }

    /** What a user reads first. */
    static String explain(Throwable t) {
        if (t instanceof TrainingFailure) {
            return String.valueOf(t.getMessage());
        }
        for (Throwable c = t; c != null; c = c.getCause()) {
            String text = String.valueOf(c.getMessage()).toLowerCase(Locale.ROOT);
            if (text.contains("libgomp") || text.contains("libomp")) {
                return "XGBoost cannot start: the OpenMP library is missing (" + Training.firstLine(c)
                        + "). Install it: Debian and Ubuntu: apt-get install libgomp1; Fedora: dnf install libgomp;"
                        + " macOS: brew install libomp. Then train again.";
            }
        }
        if (t instanceof OutOfMemoryError) {
            return "The heap is too small for these rows (-Xmx "
                    + Runtime.getRuntime().maxMemory() / (1 << 20)
                    + " MiB). Give the trainer about 4 bytes x rows x (features + 1) and 64 MiB more.";
        }
        if (t instanceof LinkageError) {
            return "XGBoost's native library cannot be loaded on " + System.getProperty("os.name") + " "
                    + System.getProperty("os.arch") + ": " + Training.firstLine(t)
                    + ". It exists for Linux (x86_64, aarch64), macOS and Windows with glibc; check the temp folder"
                    + " (-Djava.io.tmpdir), which must allow execution.";
        }
        if (t instanceof XGBoostError) {
            return "XGBoost refused: " + Training.firstLine(t) + ". Check hyperparameters and rows.";
        }
        if (t instanceof IOException) {
            return "I/O failed: " + t + ". Check the disk's space and the folder's mode, then train again.";
        }
        StackTraceElement[] stack = t.getStackTrace();
        return "A defect in the trainer: " + t + (stack.length > 0 ? " at " + stack[0] : "")
                + ". Please report it with the hyperparameters.";
    }
}
