package dev.isobar.local.online;

import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * State per key under {@code online/NAMESPACE/state-GENERATION.log}. A {@code putAll} is one frame and one fsync, so that a crash leaves all of it or
 * none. Readers, also in other processes, take no lock: a get compares the file's length with what was read so far and reads on if it grew.
 *
 * @since 0.1
 */
public final class LocalOnlineStore implements OnlineStore, AutoCloseable {
    /** What one {@code putAll} takes; how many keys does not matter. */
    public static final StateLimits LIMITS = new StateLimits(Integer.MAX_VALUE, 4_096, 64L << 20, 256L << 20);

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
        LIMITS.check(home.instance(), namespace, puts);
        return namespace(namespace, "putAll").putAll(token, puts);
    }

    @Override
    public List<String> keys(String namespace, @Nullable String after, int limit) {
        OnlineStore.checkKeys(home.instance(), namespace, limit);
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
        OnlineStore.checkNamespace(home.instance(), operation, name);
        return open.computeIfAbsent(name, n -> new Namespace(home, n));
    }
}
