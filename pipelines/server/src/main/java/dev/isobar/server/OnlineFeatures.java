package dev.isobar.server;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.KeyState;
import dev.isobar.features.PartitionState;
import dev.isobar.features.Use;
import dev.isobar.features.VectorEvaluator;
import dev.isobar.port.OnlineStore;
import dev.isobar.workload.ServingDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Features from the online store: kernel state read fresh for every request, evaluated at (t, k) by the kernel's own code. What is cached is only the
 * decoding, by exact bytes, so a state that was written is seen by the next request. Thread safe.
 */
final class OnlineFeatures {
    private final FeaturePlan plan;
    private final OnlineStore store;
    private final String namespace;
    private final long cacheBytes;
    private final PartitionState unknown;
    private final ThreadLocal<Workspace> workspaces;

    private final Object lock = new Object();
    private final LinkedHashMap<String, Decoded> cache = new LinkedHashMap<>(64, 0.75f, true);
    private long cachedBytes;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private volatile @Nullable DecodedPartition partition;

    /**
     * A decoded state, its version and the bytes it came from. Another version is another state; but versions start again after an erasure, so the same
     * version alone proves nothing.
     */
    private record Decoded(long version, byte[] bytes, KeyState state) {}

    private record DecodedPartition(byte[] bytes, PartitionState state) {}

    private static final class Workspace {
        final VectorEvaluator evaluator;
        final @Nullable KeyState[] states;

        Workspace(FeaturePlan plan) {
            evaluator = new VectorEvaluator(plan);
            states = new @Nullable KeyState[plan.uses().size()];
        }
    }

    /**
     * States as they stood at one moment.
     *
     * @param partitionVersion 0 if nothing was ever written
     */
    record Snapshot(long partitionVersion, PartitionState partition, Map<String, KeyState> states) {
        /** The latest time that some stream is known up to; the epoch if none is. */
        long latest(int streams) {
            long latest = Long.MIN_VALUE;
            for (int s = 0; s < streams; s++) {
                long frontier = partition.frontier(s);
                latest = frontier == Long.MAX_VALUE ? latest : Math.max(latest, frontier);
            }
            return latest == Long.MIN_VALUE ? 0 : latest;
        }
    }

    /** @param cacheBytes how many encoded bytes of states may stay decoded, 0 for none */
    OnlineFeatures(FeaturePlan plan, OnlineStore store, String namespace, long cacheBytes) {
        this.plan = plan;
        this.store = store;
        this.namespace = namespace;
        this.cacheBytes = cacheBytes;
        this.unknown = PartitionState.unknown(plan);
        this.workspaces = ThreadLocal.withInitial(() -> new Workspace(plan));
    }

    /**
     * Everything that decisions need to be evaluated, in one round trip.
     *
     * @throws IsobarException what the store throws; {@code CORRUPT} for a state of another plan or with damaged bytes; {@code UNAVAILABLE} once all states are gone that
     *     were there
     */
    Snapshot read(List<Row> decisions) {
        if (decisions.size() == 1 && plan.uses().size() == 1) {
            return readOne(plan.uses().get(0).key(decisions.get(0)));
        }
        Set<String> keys = new LinkedHashSet<>();
        for (Row decision : decisions) {
            for (Use use : plan.uses()) {
                String key = use.key(decision);
                if (key != null) {
                    keys.add(key);
                }
            }
        }
        List<String> asked = new ArrayList<>(keys.size() + 1);
        // First, because a key's state may be newer than the partition's, never older.
        asked.add(ServingDescriptor.PARTITION_KEY);
        keys.forEach(k -> asked.add(ServingDescriptor.stateKey(k)));
        List<OnlineStore.@Nullable KeyState> found = store.getAll(namespace, asked);
        OnlineStore.KeyState all = found.get(0);
        Map<String, KeyState> states = new HashMap<>(2 * keys.size());
        int i = 1;
        for (String key : keys) {
            KeyState state = decoded(key, found.get(i++));
            if (state != null) {
                states.put(key, state);
            }
        }
        return snapshot(all, states);
    }

    /** What holds for all keys is written with every change. Where it was and is no more, no state is there, and to say so as if there had been no event would be wrong. */
    private Snapshot snapshot(OnlineStore.@Nullable KeyState all, Map<String, KeyState> states) {
        if (all != null) {
            return new Snapshot(all.version(), partition(all), states);
        }
        if (partition != null) {
            throw IsobarException.of(
                            ErrorCode.UNAVAILABLE,
                            "The online state in namespace '" + namespace + "' was there and is gone")
                    .at("OnlineStore", "getAll")
                    .resource(namespace)
                    .hint("The store was emptied. Run the pipeline again: it writes the states anew.")
                    .build();
        }
        return new Snapshot(0, unknown, states);
    }

    /** The usual case, without the sets and maps that many keys need. */
    private Snapshot readOne(@Nullable String key) {
        List<OnlineStore.@Nullable KeyState> found = store.getAll(
                namespace,
                key == null
                        ? List.of(ServingDescriptor.PARTITION_KEY)
                        : List.of(ServingDescriptor.PARTITION_KEY, ServingDescriptor.stateKey(key)));
        OnlineStore.KeyState all = found.get(0);
        KeyState state = key == null ? null : decoded(key, found.get(1));
        Map<String, KeyState> states = key == null || state == null ? Map.of() : Map.of(key, state);
        return snapshot(all, states);
    }

    /**
     * Computes the vector of one of the decisions that a snapshot was read for.
     *
     * @throws IsobarException {@code OUT_OF_RETENTION} if a window begins before what is retained
     */
    void evaluate(Snapshot snapshot, Row decision, @Nullable String id, long t, long k, FeatureVector into) {
        Workspace w = workspaces.get();
        for (int u = 0; u < w.states.length; u++) {
            String key = plan.uses().get(u).key(decision);
            w.states[u] = key == null ? null : snapshot.states().get(key);
        }
        w.evaluator.evaluate(decision, id, t, k, w.states, snapshot.partition(), into);
    }

    /** How many states are decoded and ready. */
    int cached() {
        synchronized (lock) {
            return cache.size();
        }
    }

    /** States that needed no decoding. */
    long hits() {
        return hits.sum();
    }

    /** States that were decoded. */
    long misses() {
        return misses.sum();
    }

    private PartitionState partition(OnlineStore.KeyState stored) {
        DecodedPartition known = partition;
        if (known == null || !Arrays.equals(known.bytes, stored.bytes())) {
            known = new DecodedPartition(stored.bytes(), PartitionState.decode(plan, stored.bytes()));
            partition = known;
        }
        return known.state;
    }

    private @Nullable KeyState decoded(String key, OnlineStore.@Nullable KeyState stored) {
        Decoded known;
        synchronized (lock) {
            known = cache.get(key);
            if (stored == null) {
                // Erased: nothing of it may stay here either.
                if (known != null) {
                    cache.remove(key);
                    cachedBytes -= known.bytes.length;
                }
                return null;
            }
        }
        if (known != null && known.version == stored.version() && Arrays.equals(known.bytes, stored.bytes())) {
            hits.increment();
            return known.state;
        }
        misses.increment();
        Decoded fresh = new Decoded(stored.version(), stored.bytes(), KeyState.decode(plan, stored.bytes()));
        synchronized (lock) {
            Decoded before = cache.put(key, fresh);
            cachedBytes += fresh.bytes.length - (before == null ? 0 : before.bytes.length);
            Iterator<Decoded> oldest = cache.values().iterator();
            while (cachedBytes > cacheBytes && oldest.hasNext()) {
                cachedBytes -= oldest.next().bytes.length;
                oldest.remove();
            }
        }
        return fresh.state;
    }
}
