package dev.isobar.aws.emulator;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** DynamoDB local in memory, from the jars that the build lays under target/emulators/dynamodb. */
public final class DynamoDbLocal {
    private DynamoDbLocal() {}

    /** Starts it empty. */
    public static EmulatorProcess start() {
        Path jars = EmulatorProcess.folder("dynamodb");
        Assumptions.assumeTrue(
                Files.exists(jars.resolve("sqlite4java-1.0.392.jar")),
                () -> "DynamoDB local is not under " + jars + "; `mvn process-test-resources` puts it there");
        int port = EmulatorProcess.freePort();
        return EmulatorProcess.start(
                "dynamodb-local",
                jars,
                port,
                Map.of(),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-Djava.library.path=" + jars,
                        "-Dsqlite4java.library.path=" + jars,
                        "-cp",
                        jars + "/*",
                        "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
                        "-inMemory",
                        "-disableTelemetry",
                        "-port",
                        Integer.toString(port)));
    }
}
