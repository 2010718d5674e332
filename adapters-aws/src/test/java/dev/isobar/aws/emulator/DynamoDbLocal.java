package dev.isobar.aws.emulator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Amazon's DynamoDB Local, with everything in memory. */
public final class DynamoDbLocal implements AutoCloseable {
    private final EmulatorProcess process;

    private DynamoDbLocal(EmulatorProcess process) {
        this.process = process;
    }

    /** Starts it; skips the test if the build has not put its jars in place. */
    public static DynamoDbLocal start() throws IOException {
        Path lib = Path.of(System.getProperty("basedir", ""), "..", "adapters-local", "dynamodb-local", "target", "lib")
                .toAbsolutePath()
                .normalize();
        assumeTrue(Files.isDirectory(lib), () -> "no " + lib + ": `mvn -pl adapters-aws -am` puts it there");
        int port = EmulatorProcess.freePort();
        return new DynamoDbLocal(EmulatorProcess.start(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        // SQLite's native library is among the jars
                        "-Djava.library.path=" + lib,
                        "-cp",
                        lib + File.separator + "*",
                        "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
                        "-inMemory",
                        "-sharedDb",
                        "-port",
                        Integer.toString(port)),
                Files.createTempDirectory("dynamodb"),
                port));
    }

    /** Where it listens. */
    public URI endpoint() {
        return process.endpoint();
    }

    @Override
    public void close() {
        process.close();
    }
}
