package dev.isobar.emulator.gcp.storage;

import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** The emulator as a process that can be killed. */
final class StorageProcess implements AutoCloseable {
    private final Process process;
    private final URI uri;

    private StorageProcess(Process process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    static StorageProcess start(Path home) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StorageProcess.class.getName(),
                        home.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return new StorageProcess(process, URI.create(Objects.requireNonNull(out.readLine(), "it did not start")));
    }

    URI uri() {
        return uri;
    }

    /** As {@code kill -9} does. */
    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** The process. */
    public static void main(String[] arguments) throws IOException {
        StorageService storage = new StorageService(Path.of(arguments[0]));
        storage.makeBucket("bucket", "project", "EU");
        System.out.println(EmulatorServer.start(0, storage).uri());
    }
}
