package dev.isobar.emulator.aws;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * {@link AwsCloud} as a program: {@code --home DIR --images FILE [--region R] [--account A]}. When everything answers, {@code DIR/ready.json} says where.
 * Exit codes: 0 after SIGTERM, 1 if something does not start, with one line on standard error, 2 for a wrong argument.
 */
public final class AwsCloudMain {
    private static final Set<String> NAMES = Set.of("--home", "--images", "--region", "--account");

    private AwsCloudMain() {}

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
