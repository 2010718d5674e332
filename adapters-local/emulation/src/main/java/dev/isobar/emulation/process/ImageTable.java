package dev.isobar.emulation.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which local command stands for which image: a JSON file, read anew for each question, so that a change takes effect at once.
 *
 * <pre>{@code
 * {"images": {"IMAGE": {"command": ["java", "-jar", "/x.jar"], "environment": {"K": "V"}}}}
 * }</pre>
 *
 * <p>Other sections stand for what an account has: quotas, roles; each cloud reads its own. Thread safe.
 */
public final class ImageTable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;

    /** A command and what it finds in its environment. */
    public record Image(List<String> command, Map<String, String> environment) {}

    /** The table in a file, which may come and go. */
    public ImageTable(Path file) {
        this.file = file;
    }

    /** Where it is. */
    public Path file() {
        return file;
    }

    /**
     * What stands for an image, or empty.
     *
     * @throws IOException if the table is no JSON or names no command for it
     */
    public Optional<Image> find(String name) throws IOException {
        JsonNode image = read().path("images").path(name);
        if (image.isMissingNode()) {
            return Optional.empty();
        }
        List<String> command = new ArrayList<>();
        image.path("command").forEach(word -> command.add(word.asText()));
        if (command.isEmpty()) {
            throw new IOException("The image " + name + " has no command in " + file);
        }
        Map<String, String> environment = new LinkedHashMap<>();
        image.path("environment")
                .properties()
                .forEach(entry ->
                        environment.put(entry.getKey(), entry.getValue().asText()));
        return Optional.of(new Image(command, environment));
    }

    /** What else the file says under a name; a missing node if nothing. */
    public JsonNode section(String name) throws IOException {
        return read().path(name);
    }

    private JsonNode read() throws IOException {
        return Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
    }
}
