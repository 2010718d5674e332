package dev.isobar.port;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Kernel state per key, for reading at low latency by processes other than its writer. Written by compare-and-set on the state's version and the
 * writer's fencing token. All methods are thread safe.
 *
 * @since 0.1
 */
public interface OnlineStore {
    /**
     * Makes the caller the namespace's only writer, creating the namespace if need be: every older token is fenced from here on.
     *
     * @return a token larger than all before it
     */
    long acquire(String namespace, String owner);

    /** One key's state, or empty. */
    Optional<KeyState> get(String namespace, String key);

    /** Several keys' states in one round trip, in the order asked; null where there is none. */
    List<@Nullable KeyState> getAll(String namespace, List<String> keys);

    /**
     * Writes states durably. All are written or none: {@code FENCED} if the token is not the newest, {@code CONFLICT} if any version is not the expected
     * one. A reader that asks after the call returned sees the new state.
     *
     * @return the new versions, in order
     */
    List<Long> putAll(String namespace, long token, List<StatePut> puts);

    /** Keys with state, sorted by UTF-8 bytes. */
    List<String> keys(String namespace, @Nullable String after, int limit);

    /** Removes one key's state and its bytes. Returns whether there was one. */
    boolean erase(String namespace, String key);

    /** Names of namespaces that start with a prefix, sorted. */
    List<String> namespaces(String prefix);

    /** Removes a namespace. Removing what does not exist is a success. */
    void delete(String namespace);

    /**
     * A key's state.
     *
     * @param version counts the writes of this key, from 1
     * @param bytes not copied, must not be changed
     */
    record KeyState(String key, long version, byte[] bytes) {}

    /**
     * A state to write.
     *
     * @param expectedVersion the version that must be current; 0 for none yet
     */
    record StatePut(String key, long expectedVersion, byte[] bytes) {}
}
