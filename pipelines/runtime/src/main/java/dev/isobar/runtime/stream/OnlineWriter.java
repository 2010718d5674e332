package dev.isobar.runtime.stream;

import dev.isobar.features.FeatureKernel;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import dev.isobar.workload.ServingDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings changed keys to the online store, in batches. What holds for all keys goes last: a reader takes it first, and a key's state may be newer than it, not older. Not thread safe.
 */
final class OnlineWriter {
    /** Bytes of a batch, which is one write and one fsync. */
    private static final int BATCH_BYTES = 16 << 20;

    private final OnlineStore store;
    private final String namespace;
    private final String owner;
    private final Map<String, Long> versions = new HashMap<>();
    private long token;
    // Nobody but us writes there: a namespace that was new when we came holds no version that we do not know.
    private boolean allKnown;

    OnlineWriter(OnlineStore store, String namespace, String owner) {
        this.store = store;
        this.namespace = namespace;
        this.owner = owner;
    }

    /** Whether states are there, and all that were written: what holds for all keys goes last, so where it is missing, the first write did not end or the store was emptied. */
    boolean isThere() {
        return store.get(namespace, ServingDescriptor.PARTITION_KEY).isPresent();
    }

    void flush(FeatureKernel kernel, Set<String> keys) {
        if (token == 0) {
            allKnown = !store.namespaces(namespace).contains(namespace);
            token = store.acquire(namespace, owner);
        }
        List<StatePut> batch = new ArrayList<>();
        long bytes = 0;
        for (Iterator<String> i = keys.iterator(); i.hasNext(); ) {
            String key = i.next();
            byte[] state = kernel.snapshot(key);
            String stateKey = ServingDescriptor.stateKey(key);
            batch.add(new StatePut(stateKey, versions.getOrDefault(stateKey, 0L), state));
            bytes += state.length;
            if (bytes >= BATCH_BYTES && i.hasNext()) {
                put(batch);
                batch.clear();
                bytes = 0;
            }
        }
        batch.add(new StatePut(
                ServingDescriptor.PARTITION_KEY,
                versions.getOrDefault(ServingDescriptor.PARTITION_KEY, 0L),
                kernel.partitionState()));
        put(batch);
    }

    private void put(List<StatePut> batch) {
        List<StatePut> puts = allKnown ? batch : versioned(batch);
        List<Long> written = store.putAll(namespace, token, puts);
        for (int i = 0; i < puts.size(); i++) {
            versions.put(puts.get(i).key(), written.get(i));
        }
    }

    /** The same with the versions that an earlier writer left. */
    private List<StatePut> versioned(List<StatePut> batch) {
        List<String> unknown = batch.stream()
                .map(StatePut::key)
                .filter(k -> !versions.containsKey(k))
                .toList();
        for (@Nullable KeyState there : store.getAll(namespace, unknown)) {
            if (there != null) {
                versions.put(there.key(), there.version());
            }
        }
        return batch.stream()
                .map(p -> new StatePut(p.key(), versions.getOrDefault(p.key(), 0L), p.bytes()))
                .toList();
    }
}
