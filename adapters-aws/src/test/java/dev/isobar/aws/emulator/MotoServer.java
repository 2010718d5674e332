package dev.isobar.aws.emulator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** {@code moto_server}, with everything in memory. */
public final class MotoServer implements AutoCloseable {
    private final EmulatorProcess process;

    private MotoServer(EmulatorProcess process) {
        this.process = process;
    }

    /** Starts it; skips the test if it is not installed. */
    public static MotoServer start() throws IOException {
        boolean installed = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "moto_server")));
        assumeTrue(installed, "no moto_server on the PATH: `pip install moto[server]` gives it");
        int port = EmulatorProcess.freePort();
        return new MotoServer(EmulatorProcess.start(
                List.of("moto_server", "-H", "127.0.0.1", "-p", Integer.toString(port)),
                Files.createTempDirectory("moto"),
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
