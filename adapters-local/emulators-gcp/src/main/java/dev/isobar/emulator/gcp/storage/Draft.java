package dev.isobar.emulator.gcp.storage;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a caller says of an object that is to be.
 *
 * @param crc32c what the content must have; null if nothing was said
 * @param md5 the same
 * @param settings of the object's resource, such as {@code contentType}, by their names there
 */
record Draft(
        String name,
        @Nullable String crc32c,
        @Nullable String md5,
        Map<String, String> settings,
        Map<String, String> metadata) {
    private static final int MAX_NAME = 1_024;

    /** What of a resource can be set. */
    private static final Set<String> SETTINGS = Set.of(
            "contentType",
            "contentEncoding",
            "contentDisposition",
            "contentLanguage",
            "cacheControl",
            "customTime",
            "storageClass");

    /** What may stand there and says nothing to us. */
    private static final Set<String> IGNORED = Set.of("bucket", "kind", "size", "generation", "metageneration", "id");

    /**
     * Reads a resource.
     *
     * @param name in the address; null if the resource must say it
     * @param contentType of the content that came with it; null for none
     */
    static Draft of(JsonNode resource, @Nullable String name, @Nullable String contentType) {
        if (!resource.isObject()) {
            throw StorageError.invalid("Parse Error: the metadata is no JSON object.");
        }
        Map<String, String> settings = new HashMap<>();
        Map<String, String> metadata = new HashMap<>();
        String crc32c = null;
        String md5 = null;
        String own = name;
        for (Iterator<Map.Entry<String, JsonNode>> fields = resource.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            JsonNode value = field.getValue();
            if (value.isNull()) {
                continue;
            }
            switch (field.getKey()) {
                case "name" -> own = name == null ? value.asText() : name;
                case "crc32c" -> crc32c = value.asText();
                case "md5Hash" -> md5 = value.asText();
                case "metadata" ->
                    value.fields().forEachRemaining(m -> {
                        if (!m.getValue().isNull()) {
                            metadata.put(m.getKey(), m.getValue().asText());
                        }
                    });
                default -> {
                    if (SETTINGS.contains(field.getKey())) {
                        settings.put(field.getKey(), value.asText());
                    } else if (!IGNORED.contains(field.getKey())) {
                        throw StorageError.notImplemented("the field " + field.getKey() + " of an object");
                    }
                }
            }
        }
        if (contentType != null) {
            settings.putIfAbsent("contentType", contentType);
        }
        return new Draft(checkedName(own), crc32c, md5, settings, metadata);
    }

    /** The same object as one that must have this checksum too. */
    Draft withCrc32c(@Nullable String sent) {
        return sent == null ? this : new Draft(name, sent, md5, settings, metadata);
    }

    /** Throws 400 if the content is not what was said of it. */
    void check(Checksums actual) {
        if (crc32c != null && !crc32c.equals(actual.crc32c())) {
            throw StorageError.invalid(
                    "Provided CRC32C \"" + crc32c + "\" doesn't match calculated CRC32C \"" + actual.crc32c() + "\".");
        }
        if (md5 != null && !md5.equals(actual.md5())) {
            throw StorageError.invalid(
                    "Provided MD5 hash \"" + md5 + "\" doesn't match calculated MD5 hash \"" + actual.md5() + "\".");
        }
    }

    private static String checkedName(@Nullable String name) {
        if (name == null || name.isEmpty()) {
            throw StorageError.required("Required object name.");
        }
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        boolean fits = bytes <= MAX_NAME
                && name.indexOf('\r') < 0
                && name.indexOf('\n') < 0
                && !name.equals(".")
                && !name.equals("..")
                && !name.startsWith(".well-known/acme-challenge/");
        if (!fits) {
            throw StorageError.invalid("Invalid object name: " + name);
        }
        return name;
    }
}
