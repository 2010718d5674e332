package dev.isobar.benchmarks.server;

import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.ConfigKey;
import dev.isobar.event.Position;
import dev.isobar.port.EventStream;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A platform that costs as little as one can: the scene's folder as lake, a map as online store, a log that is durable at once and keeps nothing. */
public final class FolderAdapter implements Adapter {
    @Override
    public String id() {
        return "folder";
    }

    @Override
    public CapabilityReport capabilities() {
        return new CapabilityReport(id(), Map.of(), Set.of(Capability.IDEMPOTENT_APPEND), Map.of());
    }

    @Override
    public List<ConfigKey> configuration() {
        return List.of();
    }

    @Override
    public AdapterSession open(AdapterContext context) {
        return new Session(context.home());
    }

    private static UnsupportedOperationException no() {
        return new UnsupportedOperationException("a server has no need of this");
    }

    private record Lake(Path folder) implements ObjectStore {
        @Override
        public Optional<StoredObject> get(String key) {
            try {
                byte[] content = Files.readAllBytes(folder.resolve(key));
                return Optional.of(new StoredObject(new ObjectInfo(key, "1", content.length), content));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public ObjectInfo put(String key, byte[] content, Precondition precondition) {
            throw no();
        }

        @Override
        public ObjectInfo putFile(String key, Path source, Precondition precondition) {
            throw no();
        }

        @Override
        public ObjectInfo getFile(String key, Path target) {
            throw no();
        }

        @Override
        public Optional<ObjectInfo> head(String key) {
            throw no();
        }

        @Override
        public List<ObjectInfo> list(String prefix, @Nullable String after, int limit) {
            throw no();
        }

        @Override
        public boolean delete(String key, Precondition precondition) {
            throw no();
        }
    }

    private static final class States implements OnlineStore {
        private final Map<String, KeyState> states = new HashMap<>();

        States(Path folder) {
            try {
                Scene.states(folder).forEach((key, bytes) -> states.put(key, new KeyState(key, 1, bytes)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Optional<KeyState> get(String namespace, String key) {
            return Optional.ofNullable(states.get(key));
        }

        @Override
        public List<@Nullable KeyState> getAll(String namespace, List<String> keys) {
            List<@Nullable KeyState> found = new ArrayList<>(keys.size());
            for (String key : keys) {
                found.add(states.get(key));
            }
            return found;
        }

        @Override
        public List<String> keys(String namespace, @Nullable String after, int limit) {
            return states.keySet().stream()
                    .filter(k -> after == null || k.compareTo(after) > 0)
                    .sorted()
                    .limit(limit)
                    .toList();
        }

        @Override
        public long acquire(String namespace, String owner) {
            throw no();
        }

        @Override
        public List<Long> putAll(String namespace, long writer, List<StatePut> puts) {
            throw no();
        }

        @Override
        public boolean erase(String namespace, String key) {
            throw no();
        }

        @Override
        public List<String> namespaces(String prefix) {
            throw no();
        }

        @Override
        public void delete(String namespace) {
            throw no();
        }
    }

    private static final class Log implements EventStream {
        @Override
        public void create(String stream, int partitions) {
            throw no();
        }

        @Override
        public Optional<StreamInfo> describe(String stream) {
            return Optional.of(new StreamInfo(stream, 1, 0, 0));
        }

        @Override
        public AppendResult append(AppendRequest request) {
            return new AppendResult(request.events().size(), request.events().size(), Map.of());
        }

        @Override
        public List<String> list(String prefix) {
            throw no();
        }

        @Override
        public EventReader read(ReadRequest request) {
            throw no();
        }

        @Override
        public void commit(String stream, String group, int partition, Position upTo) {
            throw no();
        }

        @Override
        public Map<Integer, Position> committed(String stream, String group) {
            throw no();
        }

        @Override
        public long erase(String stream, String key) {
            throw no();
        }

        @Override
        public void delete(String stream) {
            throw no();
        }
    }

    private static final class Session implements AdapterSession {
        private final Lake lake;
        private final States states;
        private final Log log = new Log();

        Session(Path folder) {
            lake = new Lake(folder);
            states = new States(folder);
        }

        @Override
        public EventStream eventStream() {
            return log;
        }

        @Override
        public ObjectStore objectStore() {
            return lake;
        }

        @Override
        public OnlineStore onlineStore() {
            return states;
        }

        @Override
        public List<Resource> resources() {
            return List.of();
        }

        @Override
        public void close() {}
    }
}
