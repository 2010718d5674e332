package dev.isobar.port;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lake: named objects with atomic, conditional writes. A reader sees an object whole or not at all. All methods are thread safe.
 *
 * <p>Keys are relative, separated by {@code /}: segments of {@code [A-Za-z0-9._=@-]+}, no {@code .} or {@code ..}, at most 900 characters, else
 * {@code INVALID_ARGUMENT}; adapters ask {@link #checkKey}.
 *
 * <p>A version is opaque, and another one for every other content. Whether equal content that is written again has a new one differs between stores (S3's is a
 * digest of the content), so a compare-and-set says "it is still what I read", not "nobody wrote". Who must tell the two apart puts something unique into the
 * content.
 *
 * @since 0.1
 */
public interface ObjectStore {
    /** Writes an object whole, or fails with {@code ALREADY_EXISTS} or {@code CONFLICT} as the precondition says. */
    ObjectInfo put(String key, byte[] content, Precondition precondition);

    /** Writes an object from a file. */
    ObjectInfo putFile(String key, Path source, Precondition precondition);

    /** An object with its content, or empty. For objects that fit in memory. */
    Optional<StoredObject> get(String key);

    /** Copies an object's content to a file, which appears whole or not at all; {@code NOT_FOUND} if there is no such object. */
    ObjectInfo getFile(String key, Path target);

    /** An object without its content, or empty. */
    Optional<ObjectInfo> head(String key);

    /**
     * Objects whose key starts with a prefix, by key bytes ascending.
     *
     * @param after only keys behind this one; null for the first page
     * @param limit at most this many, 1 to 10,000
     */
    List<ObjectInfo> list(String prefix, @Nullable String after, int limit);

    /**
     * Removes an object. {@code CONFLICT} if the version is not the current one.
     *
     * @return whether there was one
     */
    boolean delete(String key, Precondition precondition);

    /**
     * An object without its content.
     *
     * @param version opaque, for {@link Precondition#version}
     * @param bytes length of the content
     */
    record ObjectInfo(String key, String version, long bytes) {}

    /** An object with its content. */
    record StoredObject(ObjectInfo info, byte[] content) {}

    /**
     * Checks a key, for adapters.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if it cannot be one
     */
    static void checkKey(String adapter, String operation, String key) {
        if (key.length() > Checks.MAX_OBJECT_KEY || !Checks.isPath(key, Checks.KEY_SEGMENT)) {
            throw Checks.failure(
                            ErrorCode.INVALID_ARGUMENT,
                            "'" + key + "' cannot be an object's key",
                            adapter,
                            "ObjectStore",
                            operation,
                            key)
                    .hint("Segments of letters, digits and . _ = @ - joined by '/', none of them '.' or '..', at most "
                            + Checks.MAX_OBJECT_KEY + " characters.")
                    .build();
        }
    }

    /**
     * Checks the arguments of {@link #list}, for adapters.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if no key can begin so, or the page is none
     */
    static void checkList(String adapter, String prefix, int limit) {
        if (!Checks.KEY_BEGINNING.matcher(prefix).matches() || prefix.startsWith("/") || prefix.contains("//")) {
            throw Checks.failure(
                            ErrorCode.INVALID_ARGUMENT,
                            "'" + prefix + "' cannot begin a key",
                            adapter,
                            "ObjectStore",
                            "list",
                            prefix)
                    .hint("Letters, digits and . _ = @ - /, as a key begins.")
                    .build();
        }
        if (limit < 1 || limit > Checks.MAX_OBJECTS) {
            throw Checks.failure(
                            ErrorCode.INVALID_ARGUMENT,
                            "A page of " + limit + " objects cannot be asked for; 1 to " + Checks.MAX_OBJECTS + " can",
                            adapter,
                            "ObjectStore",
                            "list",
                            prefix)
                    .build();
        }
    }
}
