package dev.isobar.benchmarks.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts a competitor's process and reads its line. One at a time; not thread safe. */
final class Launch {
    /** What every competitor's JVM gets: a heap of fixed size, and the collector that costs the least CPU time. */
    static final List<String> JVM = List.of("-Xms4g", "-Xmx4g", "-XX:+UseParallelGC");

    private static final long MINUTES = 15;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Settings settings;

    Launch(Settings settings) {
        this.settings = settings;
    }

    /** Why a competitor cannot run here; empty if it can. */
    String missing(Entrant e) {
        Path target = settings.home().resolve(e.module()).resolve("target");
        return Files.isDirectory(target.resolve("lib")) ? "" : "benchmarks/" + e.module() + " was not built";
    }

    /** Runs it to its end. A process that fails gives an object with {@code failed}. */
    JsonNode run(Entrant e, String... options) {
        Path target = settings.home().resolve(e.module()).resolve("target");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        command.addAll(e.jvm());
        if (Runtime.version().feature() >= 25) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.add("-Djava.io.tmpdir=" + settings.scratch());
        command.add("-cp");
        command.add(target.resolve("*") + ":" + target.resolve("lib") + "/*");
        command.add(e.main());
        command.add(e.name());
        command.addAll(List.of(options));
        Path log = settings.scratch().resolve(e.name() + ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            String line = lastLine(process);
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                return failure("took more than " + MINUTES + " minutes");
            }
            if (!line.startsWith("{")) {
                return failure("ended with " + process.exitValue() + ": " + tail(log));
            }
            JsonNode result = JSON.readTree(line);
            if (result.has("failed")) {
                Say.progress(tail(log));
            }
            return result;
        } catch (IOException ex) {
            throw new UncheckedIOException("cannot run " + e.name(), ex);
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            return failure("interrupted");
        }
    }

    private static JsonNode failure(String why) {
        return JSON.createObjectNode().put("failed", why);
    }

    private static String lastLine(Process process) throws IOException {
        String last = "";
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                last = line;
            }
        }
        return last;
    }

    private static String tail(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 12), lines.size()));
    }
}
