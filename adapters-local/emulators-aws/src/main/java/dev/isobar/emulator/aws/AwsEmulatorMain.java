package dev.isobar.emulator.aws;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * {@link AwsCloud} as a program: {@code --home DIR --images FILE [--region R] [--account A]}. When everything answers, {@code DIR/ready.json} says where.
 *
 * <p>The images file says which local command stands for which image, and what the account may do:
 *
 * <pre>{@code
 * {"images": {"IMAGE": {"command": ["java", "-jar", "/x.jar"], "environment": {"K": "V"}}},
 *  "quotas": {"ml.p3.2xlarge": 1},
 *  "roles": ["arn:aws:iam::000000000000:role/isobar"]}
 * }</pre>
 *
 * <p>A command gets {@code train} (or the job's entry point and arguments) or {@code serve} behind its own words; {@code ISOBAR_ML_DIR} is its
 * {@code /opt/ml}, and a server listens on {@code SAGEMAKER_BIND_TO_PORT} of {@code ISOBAR_BIND}. Of the host's environment it sees the paths only.
 *
 * <p>Exit codes: 0 after SIGTERM, 1 if something does not start, with one line on standard error, 2 for a wrong argument.
 */
public final class AwsEmulatorMain {
    private static final Set<String> NAMES = Set.of("--home", "--images", "--region", "--account");

    private AwsEmulatorMain() {}

    /** Starts it, and returns; threads of the servers keep the process alive. */
    public static void main(String[] arguments) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!NAMES.contains(arguments[i]) || i + 1 == arguments.length) {
                System.err.println("Unknown argument or no value: " + arguments[i] + ". There are " + NAMES + ".");
                System.exit(2);
            }
            given.put(arguments[i], arguments[i + 1]);
        }
        String home = given.get("--home");
        String images = given.get("--images");
        if (home == null || images == null) {
            System.err.println("--home and --images are needed.");
            System.exit(2);
            return;
        }
        try {
            Path folder = Files.createDirectories(Path.of(home).toAbsolutePath());
            AwsCloud cloud = AwsCloud.start(
                    folder,
                    Path.of(images).toAbsolutePath(),
                    given.getOrDefault("--region", "us-east-1"),
                    given.getOrDefault("--account", "000000000000"));
            Runtime.getRuntime().addShutdownHook(new Thread(cloud::close, "down"));
            cloud.report(folder.resolve("ready.json"));
        } catch (IOException | RuntimeException e) {
            System.err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            System.exit(1);
        }
    }
}
