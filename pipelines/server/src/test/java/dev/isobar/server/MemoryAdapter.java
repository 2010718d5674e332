package dev.isobar.server;

import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.ConfigKey;
import dev.isobar.config.ConfigType;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Position;
import dev.isobar.port.EventStream;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Precondition;
import dev.isobar.port.Resource;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * What a server needs of a platform, in maps. Found by the service loader it holds the flights of {@link Flights}, so that a server in a process of its
 * own has something to serve.
 */
public final class MemoryAdapter implements Adapter {
    final Lake lake = new Lake();
    final States states = new States();
    final Log log = new Log();
    volatile boolean closed;

    private final boolean filled;

    /** For the service loader. */
    public MemoryAdapter() {
        this(true);
    }

    MemoryAdapter(boolean filled) {
        this.filled = filled;
    }

    @Override
    public String id() {
        return "memory";
    }

    @Override
    public CapabilityReport capabilities() {
        return new CapabilityReport(id(), Map.of(), Set.of(Capability.IDEMPOTENT_APPEND), Map.of());
    }

    @Override
    public List<ConfigKey> configuration() {
        return List.of(ConfigKey.of("flavour", ConfigType.TEXT, "plain", "Only to be mistyped."));
    }

    @Override
    public AdapterSession open(AdapterContext context) {
        if (filled) {
            new Flights(this).deploy();
        }
        return new Session();
    }

    private static UnsupportedOperationException no() {
        return new UnsupportedOperationException("a server has no need of this");
    }

    static final class Lake implements ObjectStore {
        final Map<String, byte[]> objects = new HashMap<>();

        @Override
        public synchronized ObjectInfo put(String key, byte[] content, Precondition precondition) {
            objects.put(key, content.clone());
            return new ObjectInfo(key, "1", content.length);
        }

        @Override
        public synchronized Optional<StoredObject> get(String key) {
            byte[] content = objects.get(key);
            return content == null
                    ? Optional.empty()
                    : Optional.of(new StoredObject(new ObjectInfo(key, "1", content.length), content.clone()));
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

    static final class States implements OnlineStore {
        final Map<String, TreeMap<String, KeyState>> namespaces = new HashMap<>();
        int reads;
        private long token;

        @Override
        public synchronized long acquire(String namespace, String owner) {
            namespaces.computeIfAbsent(namespace, n -> new TreeMap<>());
            return ++token;
        }

        @Override
        public synchronized Optional<KeyState> get(String namespace, String key) {
            return Optional.ofNullable(
                    namespaces.getOrDefault(namespace, new TreeMap<>()).get(key));
        }

        @Override
        public synchronized List<@Nullable KeyState> getAll(String namespace, List<String> keys) {
            reads++;
            List<@Nullable KeyState> found = new ArrayList<>();
            keys.forEach(k -> found.add(
                    namespaces.getOrDefault(namespace, new TreeMap<>()).get(k)));
            return found;
        }

        @Override
        public synchronized List<Long> putAll(String namespace, long writer, List<StatePut> puts) {
            TreeMap<String, KeyState> space = Objects.requireNonNull(namespaces.get(namespace));
            if (writer != token) {
                throw IsobarException.of(ErrorCode.FENCED, "fenced").build();
            }
            for (StatePut put : puts) {
                KeyState now = space.get(put.key());
                if ((now == null ? 0 : now.version()) != put.expectedVersion()) {
                    throw IsobarException.of(ErrorCode.CONFLICT, "conflict").build();
                }
            }
            List<Long> versions = new ArrayList<>();
            for (StatePut put : puts) {
                space.put(put.key(), new KeyState(put.key(), put.expectedVersion() + 1, put.bytes()));
                versions.add(put.expectedVersion() + 1);
            }
            return versions;
        }

        @Override
        public synchronized List<String> keys(String namespace, @Nullable String after, int limit) {
            TreeMap<String, KeyState> space = namespaces.getOrDefault(namespace, new TreeMap<>());
            return (after == null ? space : space.tailMap(after, false))
                    .keySet().stream().limit(limit).toList();
        }

        @Override
        public synchronized boolean erase(String namespace, String key) {
            return namespaces.getOrDefault(namespace, new TreeMap<>()).remove(key) != null;
        }

        @Override
        public List<String> namespaces(String prefix) {
            throw no();
        }

        @Override
        public synchronized void delete(String namespace) {
            namespaces.remove(namespace);
        }
    }

    /** A log that can be made to wait or to fail. */
    static final class Log implements EventStream {
        final Map<String, List<Event>> streams = new HashMap<>();
        final List<AppendRequest> requests = new ArrayList<>();
        private final Set<String> sequences = new HashSet<>();
        volatile @Nullable CountDownLatch gate;
        volatile @Nullable RuntimeException failure;
        volatile int refused = -1;

        @Override
        public synchronized void create(String stream, int partitions) {
            streams.computeIfAbsent(stream, s -> new ArrayList<>());
        }

        @Override
        public synchronized Optional<StreamInfo> describe(String stream) {
            if (failure != null) {
                throw failure;
            }
            List<Event> events = streams.get(stream);
            return events == null ? Optional.empty() : Optional.of(new StreamInfo(stream, 1, events.size(), -1));
        }

        @Override
        public AppendResult append(AppendRequest request) {
            CountDownLatch wait = gate;
            try {
                if (wait != null) {
                    wait.await();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            synchronized (this) {
                if (failure != null) {
                    throw failure;
                }
                List<Event> events = streams.get(request.stream());
                if (events == null) {
                    throw IsobarException.of(ErrorCode.NOT_FOUND, "no stream " + request.stream())
                            .build();
                }
                requests.add(request);
                Map<Integer, String> failures = new HashMap<>();
                int stored = 0;
                for (int i = 0; i < request.events().size(); i++) {
                    if (i == refused) {
                        failures.put(i, "refused by the test");
                    } else if (sequences.add(request.producer() + "#" + (request.firstSequence() + i))) {
                        events.add(request.events().get(i));
                        stored++;
                    }
                }
                return new AppendResult(request.events().size() - failures.size(), stored, failures);
            }
        }

        synchronized List<Event> of(String stream) {
            return List.copyOf(streams.getOrDefault(stream, List.of()));
        }

        synchronized List<AppendRequest> appended() {
            return List.copyOf(requests);
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

    private final class Session implements AdapterSession {
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
        public void close() {
            closed = true;
        }
    }
}
