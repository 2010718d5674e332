package dev.isobar.benchmarks.layer;

import dev.isobar.benchmarks.workload.Cores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The other process: a responder, or an emulator. It has a core of its own where {@link Cores} can do that. */
public final class Other implements AutoCloseable {
    /** Where the process says what arrived since it was asked last. */
    public static final String ARRIVED = "/~arrived";

    private final Process process;
    private final URI uri;
    private final boolean counts;

    private Other(Process process, URI uri, boolean counts) {
        this.process = process;
        this.uri = uri;
        this.counts = counts;
    }

    /**
     * Starts one; it says its port in its first line.
     *
     * @param program its main class
     * @param server which of its servers; one that is named {@code respond} says what {@link #arrived}
     */
    static Other start(Class<?> program, String server) throws IOException {
        List<String> command = new ArrayList<>(Cores.on(Cores.OTHER));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xms1g", "-Xmx1g", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g"));
        command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.add(server);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String port =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (port == null) {
            throw new IOException(server + " did not start");
        }
        return new Other(process, URI.create("http://127.0.0.1:" + port), server.equals(Comparison.RESPOND));
    }

    /** Where it listens. */
    public URI uri() {
        return uri;
    }

    /** What arrived since this was asked last, as text to compare; empty if the process does not count. */
    String arrived() throws IOException {
        if (!counts) {
            return "";
        }
        return ask(ARRIVED);
    }

    /** What it answers at a path. */
    public String ask(String path) throws IOException {
        try (InputStream in = uri.resolve(path).toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
