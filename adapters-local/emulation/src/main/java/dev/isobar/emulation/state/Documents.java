package dev.isobar.emulation.state;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * JSON documents by key: in memory, and one file each in a folder, replaced atomically. Documents given out and taken in are copies. Thread safe.
 */
public final class Documents {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SUFFIX = ".json";

    private final Path folder;
    private final Map<String, ObjectNode> byKey = new TreeMap<>();

    private Documents(Path folder) {
        this.folder = folder;
    }

    /** Reads what an earlier process left there. */
    public static Documents open(Path folder) throws IOException {
        Documents documents = new Documents(Files.createDirectories(folder));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                documents.read(file);
            }
        }
        return documents;
    }

    /** One of them. */
    public synchronized Optional<ObjectNode> get(String key) {
        return Optional.ofNullable(byKey.get(key)).map(ObjectNode::deepCopy);
    }

    /** All, by key. */
    public synchronized List<ObjectNode> all() {
        return byKey.values().stream().map(ObjectNode::deepCopy).toList();
    }

    /** Adds one; false if there is one with that key already. */
    public synchronized boolean create(String key, ObjectNode document) {
        if (byKey.containsKey(key)) {
            return false;
        }
        put(key, document);
        return true;
    }

    /** Adds or replaces one. */
    public synchronized void put(String key, ObjectNode document) {
        ObjectNode copy = document.deepCopy();
        write(key, copy);
        byKey.put(key, copy);
    }

    /** Changes one, if it is there, and gives it as it is then. */
    public synchronized Optional<ObjectNode> update(String key, Consumer<ObjectNode> change) {
        return get(key).map(document -> {
            change.accept(document);
            put(key, document);
            return document;
        });
    }

    /** Removes one; false if there was none. */
    public synchronized boolean delete(String key) {
        if (byKey.remove(key) == null) {
            return false;
        }
        try {
            Files.deleteIfExists(file(key));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return true;
    }

    private Path file(String key) {
        return folder.resolve(URLEncoder.encode(key, StandardCharsets.UTF_8) + SUFFIX);
    }

    private void read(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (!name.endsWith(SUFFIX)) {
            Files.delete(file); // a write that was cut off
            return;
        }
        JsonNode document = JSON.readTree(file.toFile());
        if (!(document instanceof ObjectNode object)) {
            throw new IOException(file + " is no JSON object: remove it, then start again");
        }
        String key = URLDecoder.decode(name.substring(0, name.length() - SUFFIX.length()), StandardCharsets.UTF_8);
        byKey.put(key, object);
    }

    private void write(String key, ObjectNode document) {
        Path file = file(key);
        Path draft = folder.resolve(file.getFileName() + ".draft");
        try {
            Files.write(draft, JSON.writeValueAsBytes(document));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
