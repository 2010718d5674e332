package dev.isobar.local.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The small JSON documents that the adapter keeps: sorted keys, indented, so that a person can read and compare them. Thread safe.
 *
 * @since 0.1
 */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Json() {}

    /** The mapper itself, for trees. */
    public static JsonMapper mapper() {
        return MAPPER;
    }

    /** A document's bytes. */
    public static byte[] bytes(Object document) {
        try {
            return MAPPER.writeValueAsBytes(document);
        } catch (JsonProcessingException e) {
            throw IsobarException.of(
                            ErrorCode.INTERNAL, "A " + document.getClass().getName() + " has no JSON form")
                    .cause(e)
                    .build();
        }
    }

    /** Reads a document, or empty if there is no such file; {@code CORRUPT} if it is not one. */
    public static <T> Optional<T> read(Path file, Class<T> type) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw IsobarException.io("reading " + file, e);
        }
        try {
            return Optional.of(MAPPER.readValue(bytes, type));
        } catch (IOException e) {
            throw IsobarException.of(
                            ErrorCode.CORRUPT, "The file " + file + " is not the JSON it should be: " + e.getMessage())
                    .resource(file.toString())
                    .hint("Restore it from a copy, or remove it if what it describes can be made again.")
                    .cause(e)
                    .build();
        }
    }
}
