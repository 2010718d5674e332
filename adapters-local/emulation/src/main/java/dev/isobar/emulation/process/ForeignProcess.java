package dev.isobar.emulation.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that listens on a port of 127.0.0.1; it ends when it is closed, and with this JVM at the latest. Thread safe. */
public final class ForeignProcess implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long GRACE_SECONDS = 10;

    private final String name;
    private final Process process;
    private final int port;
    private final Thread hook;

    private ForeignProcess(String name, Process process, int port) {
        this.name = name;
        this.process = process;
        this.port = port;
        this.hook = new Thread(process::destroyForcibly, "end " + name);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Starts it and waits until it listens.
     *
     * @param folder where it starts; its output goes to {@code log} in it
     * @throws IOException if it ends at once or does not listen within a minute, with the last of what it wrote
     */
    public static ForeignProcess start(
            String name, List<String> command, Map<String, String> environment, Path folder, int port)
            throws IOException {
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        ForeignProcess started = new ForeignProcess(name, builder.start(), port);
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!started.listens()) {
            boolean ended = !started.process.isAlive();
            if (ended || System.nanoTime() > deadline) {
                started.close();
                throw new IOException(name + (ended ? " ended at once" : " does not listen on port " + port)
                        + "; its log " + log + " ends with: " + tail(log));
            }
            try {
                TimeUnit.MILLISECONDS.sleep(30);
            } catch (InterruptedException e) {
                started.close();
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while " + name + " starts", e);
            }
        }
        return started;
    }

    /** What it is called. */
    public String name() {
        return name;
    }

    /** Where it listens. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Its process. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean alive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending already; the hook finds a process that has ended.
            assert !process.isAlive();
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String tail(Path log) throws IOException {
        List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }
}
