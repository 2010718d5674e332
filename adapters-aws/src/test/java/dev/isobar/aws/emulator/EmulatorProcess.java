package dev.isobar.aws.emulator;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A process that listens on a port of 127.0.0.1. Its output is in a file under target. */
public final class EmulatorProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final int port;
    private final Thread atExit;

    private EmulatorProcess(Process process, int port) {
        this.process = process;
        this.port = port;
        // A test JVM that is interrupted must not leave the process behind.
        this.atExit = new Thread(process::destroyForcibly, "stop-emulator");
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Folder of the build: the only place where emulators and what they write are kept. */
    public static Path folder(String name) {
        Path folder = Path.of("target", "emulators", name).toAbsolutePath();
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A port that is free now. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A program of the search path; without it the suite is skipped, with the reason in the report. */
    public static Path program(String name, String whatFor) {
        Optional<Path> found =
                List.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(java.io.File.pathSeparator))
                        .stream()
                        .map(folder -> Path.of(folder, name))
                        .filter(Files::isExecutable)
                        .findFirst();
        Assumptions.assumeTrue(found.isPresent(), () -> name + " is not on the PATH; " + whatFor + " needs it");
        return found.orElseThrow();
    }

    /** Starts a program and waits until it answers over HTTP, whatever it answers. */
    public static EmulatorProcess start(
            String name, Path directory, int port, Map<String, String> environment, List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(
                            folder("logs").resolve(name + "-" + port + ".log").toFile());
            builder.environment().putAll(environment);
            EmulatorProcess started = new EmulatorProcess(builder.start(), port);
            try {
                Awaitility.await(name + " answers on port " + port)
                        .atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(50))
                        .until(started::answersOrDied);
            } catch (RuntimeException e) {
                started.close();
                throw e;
            }
            Assumptions.assumeTrue(started.process.isAlive(), () -> name + " ended at once; see target/emulators/logs");
            return started;
        } catch (IOException e) {
            throw new IllegalStateException("cannot start " + command, e);
        }
    }

    /** Where it answers. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    private boolean answersOrDied() {
        if (!process.isAlive()) {
            return true;
        }
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) endpoint().toURL().openConnection();
            connection.setConnectTimeout(1_000);
            connection.setReadTimeout(5_000);
            connection.getResponseCode();
            connection.disconnect();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the hook is what does it.
            return;
        }
    }
}
