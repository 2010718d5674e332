package dev.isobar.local.online;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * State per key under {@code online/NAMESPACE/state-GENERATION.log}. A {@code putAll} is one frame and one fsync, so that a crash leaves all of it or
 * none. Readers, also in other processes, take no lock: a get compares the file's length with what was read so far and reads on if it grew.
 *
 * @since 0.1
 */
public final class LocalOnlineStore implements OnlineStore, AutoCloseable {
    /** Largest state of one key. */
    public static final long MAX_STATE_BYTES = 64L << 20;

    /** Largest sum of one {@code putAll}. */
    public static final long MAX_REQUEST_BYTES = 256L << 20;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,119}");
    private static final int MAX_KEY_BYTES = 4096;

    private final LocalHome home;
    private final ConcurrentHashMap<String, Namespace> open = new ConcurrentHashMap<>();

    /** The online state of a home. */
    public LocalOnlineStore(LocalHome home) {
        this.home = home;
    }

    @Override
    public long acquire(String namespace, String owner) {
        return namespace(namespace, "acquire").acquire(owner);
    }

    @Override
    public Optional<KeyState> get(String namespace, String key) {
        return Optional.ofNullable(
                namespace(namespace, "get").getAll(List.of(key)).get(0));
    }

    @Override
    public List<@Nullable KeyState> getAll(String namespace, List<String> keys) {
        return namespace(namespace, "getAll").getAll(keys);
    }

    @Override
    public List<Long> putAll(String namespace, long token, List<StatePut> puts) {
        Namespace target = namespace(namespace, "putAll");
        Set<String> keys = new HashSet<>();
        long sum = 0;
        for (StatePut put : puts) {
            int keyBytes = put.key().getBytes(StandardCharsets.UTF_8).length;
            sum += keyBytes + put.bytes().length;
            String problem = keyBytes > MAX_KEY_BYTES
                    ? "A key of " + keyBytes + " bytes is longer than " + MAX_KEY_BYTES
                    : put.bytes().length > MAX_STATE_BYTES
                            ? "A state of " + put.bytes().length + " bytes is larger than " + MAX_STATE_BYTES
                            : !keys.add(put.key())
                                    ? "The key " + put.key() + " appears twice in one request"
                                    : put.expectedVersion() < 0
                                            ? "The version " + put.expectedVersion() + " was never given out"
                                            : sum > MAX_REQUEST_BYTES
                                                    ? "A request of more than " + MAX_REQUEST_BYTES
                                                            + " bytes is too large"
                                                    : null;
            if (problem != null) {
                throw error(ErrorCode.INVALID_ARGUMENT, problem, "putAll", namespace + "/" + put.key())
                        .hint("Nothing of this request was written.")
                        .build();
            }
        }
        return target.putAll(token, puts);
    }

    @Override
    public List<String> keys(String namespace, @Nullable String after, int limit) {
        if (limit < 1) {
            throw error(
                            ErrorCode.INVALID_ARGUMENT,
                            "A page of " + limit + " keys cannot be asked for",
                            "keys",
                            namespace)
                    .build();
        }
        return namespace(namespace, "keys").keys(after, limit);
    }

    @Override
    public boolean erase(String namespace, String key) {
        return namespace(namespace, "erase").erase(key);
    }

    @Override
    public List<String> namespaces(String prefix) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(home.online())) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!AtomicFiles.isTemporary(entry)
                        && name.startsWith(prefix)
                        && !Namespace.generations(entry).isEmpty()) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw IsobarException.io("listing " + home.online(), e);
        }
        names.sort(null);
        return List.copyOf(names);
    }

    @Override
    public void delete(String namespace) {
        namespace(namespace, "delete").delete();
    }

    /** The namespaces, as a status lists them. */
    public List<Resource> resources() {
        return namespaces("").stream()
                .map(name -> new Resource(
                        "namespace", name, home.online().resolve(name).toString(), "ready", null, Map.of()))
                .toList();
    }

    @Override
    public void close() {
        open.values().forEach(Namespace::close);
        open.clear();
    }

    private Namespace namespace(String name, String operation) {
        Namespace found = open.get(name);
        if (found != null) {
            return found;
        }
        if (!NAME.matcher(name).matches()) {
            throw error(ErrorCode.INVALID_ARGUMENT, "'" + name + "' cannot be a namespace", operation, name)
                    .hint("Letters, digits and . _ @ -, at most 120 characters, beginning with a letter or digit.")
                    .build();
        }
        return open.computeIfAbsent(name, n -> new Namespace(home, n));
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(home.instance())
                .at("OnlineStore", operation)
                .resource(resource);
    }
}
