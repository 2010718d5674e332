package dev.isobar.emulation.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the image table says an account may do, for those who ask at every call: the file is read again when it has changed. Without a word in it everything is allowed.
 *
 * <pre>{@code
 * {"denied": ["sagemaker:CreateTrainingJob", "pubsub.topics.*"]}
 * }</pre>
 *
 * <p>Thread safe.
 */
public final class AccountTable {
    private final ImageTable table;
    private final Map<String, JsonNode> sections = new HashMap<>();
    private @Nullable FileTime read;

    /** What a table says. */
    public AccountTable(ImageTable table) {
        this.table = table;
    }

    /** What the file says under a name; a missing node if nothing. */
    public synchronized JsonNode section(String name) {
        try {
            FileTime written = Files.exists(table.file()) ? Files.getLastModifiedTime(table.file()) : null;
            if (written == null || !written.equals(read)) {
                sections.clear();
                read = written;
            }
            JsonNode known = sections.get(name);
            if (known == null) {
                known = table.section(name);
                sections.put(name, known);
            }
            return known;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the section {@code denied} names an action or permission; a star at the end of an entry stands for whatever follows. */
    public boolean denies(String action) {
        return lists("denied", action);
    }

    /** Whether a section is a list with that entry, or with one that ends in a star and begins alike. */
    public boolean lists(String section, String entry) {
        for (JsonNode one : section(section)) {
            String text = one.asText();
            if (text.endsWith("*") ? entry.startsWith(text.substring(0, text.length() - 1)) : text.equals(entry)) {
                return true;
            }
        }
        return false;
    }
}
