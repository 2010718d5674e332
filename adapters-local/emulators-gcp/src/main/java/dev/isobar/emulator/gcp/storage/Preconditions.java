package dev.isobar.emulator.gcp.storage;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a call asks of the object as it is. A generation of 0 stands for no object.
 *
 * @see <a href="https://cloud.google.com/storage/docs/request-preconditions">request preconditions</a>
 */
record Preconditions(
        @Nullable Long generation,
        @Nullable Long notGeneration,
        @Nullable Long metageneration,
        @Nullable Long notMetageneration) {
    /** Those of a query, such as {@code ifGenerationMatch}. */
    static Preconditions of(Map<String, String> query) {
        return named(query, "if");
    }

    /** Those on the source of a copy, such as {@code ifSourceGenerationMatch}. */
    static Preconditions ofSource(Map<String, String> query) {
        return named(query, "ifSource");
    }

    private static Preconditions named(Map<String, String> query, String start) {
        return new Preconditions(
                number(query, start + "GenerationMatch"),
                number(query, start + "GenerationNotMatch"),
                number(query, start + "MetagenerationMatch"),
                number(query, start + "MetagenerationNotMatch"));
    }

    static @Nullable Long number(Map<String, String> query, String name) {
        String text = query.get(name);
        if (text == null) {
            return null;
        }
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            throw StorageError.invalid("Invalid value for " + name + ": " + text);
        }
    }

    /** Throws 412 unless they hold of what is there. */
    void check(@Nullable Stored current) {
        if (!matches(current) || !differs(current)) {
            throw StorageError.conditionNotMet();
        }
    }

    /** The same on reading, where "not that one" is answered with 304. */
    void checkReading(Stored current) {
        if (!matches(current)) {
            throw StorageError.conditionNotMet();
        }
        if (!differs(current)) {
            throw StorageError.notModified();
        }
    }

    private boolean matches(@Nullable Stored current) {
        return (generation == null || generation == generation(current))
                && (metageneration == null || (current != null && metageneration == current.metageneration()));
    }

    private boolean differs(@Nullable Stored current) {
        return (notGeneration == null || notGeneration != generation(current))
                && (notMetageneration == null || current == null || notMetageneration != current.metageneration());
    }

    private static long generation(@Nullable Stored current) {
        return current == null ? 0 : current.generation();
    }
}
