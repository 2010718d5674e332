package dev.isobar.port;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kernel state per key, for reading at low latency by processes other than its writer. Written by compare-and-set on the state's version and the
 * writer's fencing token. All methods are thread safe.
 *
 * <p>A namespace's name is at most 120 letters, digits and {@code . _ @ -}, beginning with a letter or digit, else {@code INVALID_ARGUMENT}; adapters ask
 * {@link #checkNamespace}.
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
     * one. A reader that asks after the call returned sees the new state. {@code INVALID_ARGUMENT} for a key twice, and for what is larger than the adapter's
     * {@link StateLimits}.
     *
     * @return the new versions, in order
     */
    List<Long> putAll(String namespace, long token, List<StatePut> puts);

    /**
     * Keys with state, sorted by UTF-8 bytes.
     *
     * @param after only keys behind this one; null for the first page
     * @param limit at most this many, from 1
     */
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
     * A state to write. Two are equal when their bytes are.
     *
     * @param expectedVersion the version that must be current; 0 for none yet
     * @param bytes not copied, must not be changed
     */
    record StatePut(String key, long expectedVersion, byte[] bytes) {
        @Override
        public boolean equals(@Nullable Object o) {
            return o instanceof StatePut other
                    && other.key.equals(key)
                    && other.expectedVersion == expectedVersion
                    && Arrays.equals(other.bytes, bytes);
        }

        @Override
        public int hashCode() {
            return 31 * Objects.hash(key, expectedVersion) + Arrays.hashCode(bytes);
        }
    }

    /**
     * What one {@code putAll} of an adapter takes. Immutable.
     *
     * @param maxKeys most states
     * @param maxKeyBytes longest key, in UTF-8
     * @param maxStateBytes largest state of one key
     * @param maxRequestBytes largest sum of all keys and states
     */
    record StateLimits(int maxKeys, int maxKeyBytes, long maxStateBytes, long maxRequestBytes) {
        /**
         * Checks a {@code putAll} before anything of it is written.
         *
         * @throws IsobarException {@code INVALID_ARGUMENT} for a namespace that cannot be one, a key twice, a version that was never given out, or too much
         */
        public void check(String adapter, String namespace, List<StatePut> puts) {
            checkNamespace(adapter, "putAll", namespace);
            if (puts.size() > maxKeys) {
                throw refused(adapter, namespace, "A request of " + puts.size() + " keys has more than " + maxKeys);
            }
            Set<String> keys = new HashSet<>();
            long sum = 0;
            for (StatePut put : puts) {
                int keyBytes = put.key().getBytes(StandardCharsets.UTF_8).length;
                // Keys count: they are sent and stored as the states are, and a million of them are no small request.
                sum += (long) keyBytes + put.bytes().length;
                String problem = null;
                if (keyBytes > maxKeyBytes) {
                    problem = "A key of " + keyBytes + " bytes is longer than " + maxKeyBytes;
                } else if (put.bytes().length > maxStateBytes) {
                    problem = "A state of " + put.bytes().length + " bytes is larger than " + maxStateBytes;
                } else if (!keys.add(put.key())) {
                    problem = "The key " + put.key() + " appears twice in one request";
                } else if (put.expectedVersion() < 0) {
                    problem = "The version " + put.expectedVersion() + " was never given out";
                } else if (sum > maxRequestBytes) {
                    problem = "A request of more than " + maxRequestBytes + " bytes is too large";
                }
                if (problem != null) {
                    throw refused(adapter, namespace + "/" + put.key(), problem);
                }
            }
        }

        private static IsobarException refused(String adapter, String resource, String problem) {
            return Checks.failure(ErrorCode.INVALID_ARGUMENT, problem, adapter, "OnlineStore", "putAll", resource)
                    .hint("Nothing of this request was written.")
                    .build();
        }
    }

    /**
     * Checks a namespace's name, for adapters.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if it cannot be one
     */
    static void checkNamespace(String adapter, String operation, String namespace) {
        if (!Checks.NAMESPACE.matcher(namespace).matches()) {
            throw Checks.failure(
                            ErrorCode.INVALID_ARGUMENT,
                            "'" + namespace + "' cannot be a namespace",
                            adapter,
                            "OnlineStore",
                            operation,
                            namespace)
                    .hint("Letters, digits and . _ @ -, at most 120 characters, beginning with a letter or digit.")
                    .build();
        }
    }

    /**
     * Checks the arguments of {@link #keys}, for adapters.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if the namespace cannot be one, or the page holds nothing
     */
    static void checkKeys(String adapter, String namespace, int limit) {
        checkNamespace(adapter, "keys", namespace);
        if (limit < 1) {
            throw Checks.failure(
                            ErrorCode.INVALID_ARGUMENT,
                            "A page of " + limit + " keys cannot be asked for",
                            adapter,
                            "OnlineStore",
                            "keys",
                            namespace)
                    .hint("Ask for 1 or more.")
                    .build();
        }
    }
}
