package dev.isobar.emulator.gcp.logging;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Lines of containers with the labels of the resource that wrote them, in a file that grows. Thread safe. */
public final class LogLines implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int NANOS = 1_000_000_000;

    private final List<Line> lines = new ArrayList<>();
    private final BufferedWriter file;
    private long last;

    private LogLines(BufferedWriter file) {
        this.file = file;
    }

    /**
     * One line.
     *
     * @param log the log's id, such as {@code workerpool0-0}
     * @param type the monitored resource's type
     * @param labels the monitored resource's
     * @param entryLabels the entry's own
     * @param nanos since the epoch; every line has its own
     */
    record Line(
            String log,
            String type,
            Map<String, String> labels,
            Map<String, String> entryLabels,
            long nanos,
            String text) {}

    /** Reads what an earlier process left there; a line that was cut off is dropped. */
    public static LogLines open(Path folder) throws IOException {
        Path path = Files.createDirectories(folder).resolve("lines.jsonl");
        List<String> texts = Files.exists(path) ? Files.readAllLines(path, StandardCharsets.UTF_8) : List.of();
        List<Line> read = new ArrayList<>();
        for (String text : texts) {
            JsonNode node;
            try {
                node = JSON.readTree(text);
            } catch (IOException e) {
                break;
            }
            read.add(new Line(
                    node.path("log").asText(),
                    node.path("type").asText(),
                    map(node.path("labels")),
                    map(node.path("entryLabels")),
                    node.path("nanos").asLong(),
                    node.path("text").asText()));
        }
        LogLines all = new LogLines(Files.newBufferedWriter(
                path, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING));
        for (Line line : read) {
            all.write(line);
        }
        return all;
    }

    private static Map<String, String> map(JsonNode node) {
        Map<String, String> map = new TreeMap<>();
        node.properties().forEach(e -> map.put(e.getKey(), e.getValue().asText()));
        return map;
    }

    /** Adds a line, stamped now, and later than every line before it. */
    public synchronized void append(
            String log, String type, Map<String, String> labels, Map<String, String> entryLabels, String text) {
        Instant now = Clock.systemUTC().instant();
        last = Math.max(last + 1, now.getEpochSecond() * NANOS + now.getNano());
        write(new Line(log, type, labels, entryLabels, last, text));
    }

    private void write(Line line) {
        ObjectNode node = JSON.createObjectNode();
        node.put("log", line.log()).put("type", line.type());
        line.labels().forEach(node.putObject("labels")::put);
        line.entryLabels().forEach(node.putObject("entryLabels")::put);
        node.put("nanos", line.nanos()).put("text", line.text());
        try {
            file.write(JSON.writeValueAsString(node));
            file.newLine();
            file.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        last = Math.max(last, line.nanos());
        lines.add(line);
    }

    synchronized List<Line> all() {
        return List.copyOf(lines);
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
