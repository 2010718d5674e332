package dev.isobar.runtime.step;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.FeatureKernel;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import dev.isobar.workload.ServingDescriptor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Keeps a kernel's state in the online store: the changed keys and what holds for all of them go in one atomic write, under this writer's fencing token and by
 * compare-and-set on each key's version. Not thread safe.
 */
final class OnlineState {
    /** What one request of every store can carry. */
    private static final int PAGE = 100;

    /** What a store may say to a writer of which it knows nothing any more. */
    private static final Set<ErrorCode> OF_EMPTIED =
            EnumSet.of(ErrorCode.FENCED, ErrorCode.CONFLICT, ErrorCode.NOT_FOUND);

    private final OnlineStore store;
    private final String namespace;
    private final long token;
    private final FeatureKernel kernel;
    private final Map<String, Long> versions = new HashMap<>();

    private OnlineState(OnlineStore store, String namespace, long token, FeatureKernel kernel) {
        this.store = store;
        this.namespace = namespace;
        this.token = token;
        this.kernel = kernel;
    }

    /** Becomes the writer and puts a kernel's whole state there, whatever an earlier attempt left. */
    static void write(OnlineStore store, String namespace, String owner, FeatureKernel kernel) {
        OnlineState state = new OnlineState(store, namespace, store.acquire(namespace, owner), kernel);
        state.readVersions();
        state.flush();
    }

    /**
     * Becomes the writer and brings a new kernel to the state that is there. What holds for all keys is written with every change, in one write: where it is missing, nothing
     * is there, or not all of it, because the store was emptied. Then the kernel makes its state anew and all of it is written, once more in one write: who dies before it
     * finds the store empty again.
     *
     * @param anew brings the kernel to where the state was
     */
    static OnlineState restore(OnlineStore store, String namespace, String owner, FeatureKernel kernel, Runnable anew) {
        OnlineState state = new OnlineState(store, namespace, store.acquire(namespace, owner), kernel);
        Optional<KeyState> partition = store.get(namespace, ServingDescriptor.PARTITION_KEY);
        if (partition.isEmpty()) {
            anew.run();
            state.readVersions();
            state.flush();
            return state;
        }
        kernel.restorePartition(partition.get().bytes());
        state.versions.put(ServingDescriptor.PARTITION_KEY, partition.get().version());
        state.states(s -> {
            if (!s.key().equals(ServingDescriptor.PARTITION_KEY)) {
                kernel.restore(ServingDescriptor.entityKey(s.key()), s.bytes());
                state.versions.put(s.key(), s.version());
            }
        });
        kernel.drainDirtyKeys();
        return state;
    }

    /** Writes what changed since the last time. */
    void flush() {
        List<StatePut> puts = new ArrayList<>();
        for (String key : kernel.drainDirtyKeys()) {
            String stateKey = ServingDescriptor.stateKey(key);
            puts.add(new StatePut(stateKey, versions.getOrDefault(stateKey, 0L), kernel.snapshot(key)));
        }
        puts.add(new StatePut(
                ServingDescriptor.PARTITION_KEY,
                versions.getOrDefault(ServingDescriptor.PARTITION_KEY, 0L),
                kernel.partitionState()));
        List<Long> written;
        try {
            written = store.putAll(namespace, token, puts);
        } catch (IsobarException e) {
            throw OF_EMPTIED.contains(e.code()) ? orEmptied(e) : e;
        }
        for (int i = 0; i < puts.size(); i++) {
            versions.put(puts.get(i).key(), written.get(i));
        }
    }

    /** A store that was emptied knows neither our token nor our versions; that is no other writer, and the run can go on. */
    private IsobarException orEmptied(IsobarException refused) {
        boolean written = versions.containsKey(ServingDescriptor.PARTITION_KEY);
        if (!written || isThere()) {
            return refused;
        }
        return IsobarException.of(
                        ErrorCode.UNAVAILABLE,
                        "The online state in namespace '" + namespace
                                + "' is gone: the store was emptied under the run")
                .at("OnlineStore", "putAll")
                .resource(namespace)
                .hint("Run the same command again: it makes the states anew from the lake and goes on.")
                .cause(refused)
                .build();
    }

    private boolean isThere() {
        try {
            return store.get(namespace, ServingDescriptor.PARTITION_KEY).isPresent();
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return false; // the whole store is gone, not this namespace alone
            }
            throw e;
        }
    }

    private void readVersions() {
        states(state -> versions.put(state.key(), state.version()));
    }

    /** Shows every state of the namespace; a page of them is one round trip. */
    private void states(Consumer<KeyState> sink) {
        String after = null;
        while (true) {
            List<String> page = store.keys(namespace, after, PAGE);
            store.getAll(namespace, page).stream().filter(Objects::nonNull).forEach(sink);
            if (page.size() < PAGE) {
                return;
            }
            after = page.get(page.size() - 1);
        }
    }
}
