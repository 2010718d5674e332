package dev.isobar.aws.dynamodb;

import dev.isobar.port.OnlineStore.KeyState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * States that were read as of a committed write. They are what is there for as long as the header names that write and no erasure came: so a reader that asks for
 * them again needs the header alone, an item of some hundred bytes, and not the states. Bounded. Thread safe.
 */
final class ReadStates {
    private static final long MOST_BYTES = 32L << 20;

    private final ConcurrentMap<String, Kept> kept = new ConcurrentHashMap<>();

    /** Of one namespace. */
    private record Kept(
            long incarnation, long lastWrite, long erasures, Map<String, Optional<KeyState>> states, AtomicLong bytes) {
        boolean holdsFor(Header header) {
            return header.live()
                    && header.incarnation() == incarnation
                    && header.lastWrite() == lastWrite
                    && header.erasures() == erasures;
        }
    }

    /** Whether all of these keys were read; then the header decides whether they still count. */
    boolean has(String namespace, List<String> keys) {
        Kept mine = kept.get(namespace);
        return mine != null && mine.states.keySet().containsAll(keys);
    }

    /** The states as of a header, or null if they are of another. */
    @Nullable
    Map<String, @Nullable KeyState> asOf(Header header, List<String> keys) {
        Kept mine = kept.get(header.name());
        if (mine == null || !mine.holdsFor(header)) {
            return null;
        }
        Map<String, @Nullable KeyState> found = new HashMap<>();
        for (String key : keys) {
            Optional<KeyState> state = mine.states.get(key);
            if (state == null) {
                return null;
            }
            found.put(key, state.orElse(null));
        }
        return found;
    }

    /** Remembers states that were read after a header and are as of it. */
    void keep(Header header, Map<String, @Nullable KeyState> states) {
        Kept mine = kept.compute(
                header.name(),
                (name, old) -> old != null && old.holdsFor(header) && old.bytes.get() < MOST_BYTES
                        ? old
                        : new Kept(
                                header.incarnation(),
                                header.lastWrite(),
                                header.erasures(),
                                new ConcurrentHashMap<>(),
                                new AtomicLong()));
        states.forEach((key, state) -> {
            mine.states.put(key, Optional.ofNullable(state));
            mine.bytes.addAndGet(64 + key.length() + (state == null ? 0 : state.bytes().length));
        });
    }
}
