package dev.isobar.conformance.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A trainer that learns nothing: copies the object {@code in.txt} of channel {@code train} to {@code model/model.txt} and its hyperparameters to {@code
 * output/data/hyperparameters.json}. Its argument says how it ends: {@code succeed}; {@code fail} writes {@code output/failure} and ends with code
 * 1; {@code crash} writes a line and ends with code 7; {@code hang} never ends.
 */
public final class CopyTrainer {
    private CopyTrainer() {}

    /** Trains. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path ml = Path.of(System.getenv().getOrDefault("ISOBAR_ML_DIR", "/opt/ml"));
        System.out.println("first line");
        System.out.println("second line");
        switch (arguments[0]) {
            case "succeed" -> {
                Files.copy(ml.resolve("input/data/train/in.txt"), ml.resolve("model/model.txt"));
                Files.createDirectories(ml.resolve("output/data"));
                Files.copy(
                        ml.resolve("input/config/hyperparameters.json"),
                        ml.resolve("output/data/hyperparameters.json"));
            }
            case "fail" -> {
                Files.writeString(ml.resolve("output/failure"), "the data made no sense");
                System.exit(1);
            }
            case "crash" -> {
                System.out.println("a last line before the end");
                System.exit(7);
            }
            default -> TimeUnit.DAYS.sleep(1);
        }
    }
}
