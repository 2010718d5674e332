package dev.isobar.emulator.gcp.bigquery;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** The emulator as a process that can be killed. */
final class BigQueryProcess implements AutoCloseable {
    private final Process process;
    private final String rest;
    private final String write;

    private BigQueryProcess(Process process, String rest, String write) {
        this.process = process;
        this.rest = rest;
        this.write = write;
    }

    static BigQueryProcess start(Path home) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        BigQueryProcess.class.getName(),
                        home.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String[] addresses =
                Objects.requireNonNull(out.readLine(), "it did not start").split(" ", -1);
        return new BigQueryProcess(process, addresses[0], addresses[1]);
    }

    String rest() {
        return rest;
    }

    String write() {
        return write;
    }

    /** As {@code kill -9} does. */
    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** The process. */
    public static void main(String[] arguments) throws IOException {
        BigQueryEmulator emulator = BigQueryEmulator.start(Path.of(arguments[0]), 0, 0);
        emulator.makeDataset("project", "eu", "EU");
        System.out.println(emulator.endpoint() + " " + emulator.writeEndpoint());
    }
}
