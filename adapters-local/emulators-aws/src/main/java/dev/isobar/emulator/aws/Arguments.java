package dev.isobar.emulator.aws;

import dev.isobar.emulator.aws.sagemaker.SageMakerSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What the command line says. */
record Arguments(int port, Path home, SageMakerSettings settings) {
    private static final Set<String> NAMES = Set.of(
            "--port",
            "--home",
            "--s3-endpoint",
            "--images",
            "--region",
            "--account",
            "--training-grace",
            "--serving-grace",
            "--startup-timeout",
            "--pace");

    /** @throws IllegalArgumentException if a name is unknown, a needed one missing or a value malformed */
    static Arguments of(String... arguments) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!NAMES.contains(arguments[i])) {
                throw new IllegalArgumentException("Unknown argument " + arguments[i] + ": there are " + NAMES);
            }
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[i] + " needs a value");
            }
            given.put(arguments[i], arguments[i + 1]);
        }
        Path home = Path.of(needed(given, "--home")).toAbsolutePath();
        SageMakerSettings usual = SageMakerSettings.of(
                given.getOrDefault("--region", "us-east-1"),
                given.getOrDefault("--account", "000000000000"),
                home,
                URI.create(needed(given, "--s3-endpoint")),
                Path.of(needed(given, "--images")).toAbsolutePath());
        SageMakerSettings settings = usual.with(
                        seconds(given, "--training-grace", usual.trainingGrace()),
                        seconds(given, "--serving-grace", usual.servingGrace()),
                        seconds(given, "--startup-timeout", usual.startup()))
                .with(Duration.ofMillis(Long.parseLong(given.getOrDefault("--pace", "0"))));
        return new Arguments(Integer.parseInt(given.getOrDefault("--port", "0")), home, settings);
    }

    private static String needed(Map<String, String> given, String name) {
        String value = given.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    private static Duration seconds(Map<String, String> given, String name, Duration usual) {
        String value = given.get(name);
        return value == null ? usual : Duration.ofSeconds(Long.parseLong(value));
    }
}
