package dev.isobar.emulator.gcp.vertex;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The emulator as a process, so that it can be killed. Arguments: its folder, the image table, the file that is told the address. */
public final class VertexProcess {
    private VertexProcess() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        VertexEmulator emulator = VertexEmulator.start(
                VertexSettings.of(
                                VertexEmulatorTest.PROJECT,
                                VertexEmulatorTest.LOCATION,
                                Path.of(arguments[0]),
                                URI.create("http://127.0.0.1:1"),
                                Path.of(arguments[1]))
                        .with(Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ZERO),
                0,
                List.of());
        Path told = Path.of(arguments[2]);
        Path draft = Files.writeString(told.resolveSibling(told.getFileName() + ".new"), emulator.endpoint());
        Files.move(draft, told, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        // The server's threads are daemons.
        new CountDownLatch(1).await();
    }
}
