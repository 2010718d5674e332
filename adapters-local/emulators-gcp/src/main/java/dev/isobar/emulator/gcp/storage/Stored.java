package dev.isobar.emulator.gcp.storage;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an object beside its content.
 *
 * @param file with the content
 * @param created when this generation came to be, as RFC 3339
 * @param md5 null for a composed object
 * @param components of a composed object; null for one that was sent whole
 * @param settings of the object's resource, such as {@code contentType}, by their names there
 * @param metadata the user's own
 */
record Stored(
        String file,
        String name,
        long generation,
        long metageneration,
        String created,
        String updated,
        long size,
        String crc32c,
        @Nullable String md5,
        @Nullable Integer components,
        Map<String, String> settings,
        Map<String, String> metadata) {
    Stored with(Map<String, String> newSettings, Map<String, String> newMetadata, String now) {
        return new Stored(
                file,
                name,
                generation,
                metageneration + 1,
                created,
                now,
                size,
                crc32c,
                md5,
                components,
                newSettings,
                newMetadata);
    }
}
