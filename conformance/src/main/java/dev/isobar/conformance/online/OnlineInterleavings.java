package dev.isobar.conformance.online;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Two owners that take a namespace from each other, readers and an erasure, all at once. Every write raises the key {@code all}, so its version says which write is
 * the n-th; the twin is the list of writes that were acknowledged, replayed.
 */
public final class OnlineInterleavings {
    private static final List<String> KEYS = List.of("all", "a", "b", "c", "d", "e", "f", "g");

    private OnlineInterleavings() {}

    /** A write that was acknowledged. */
    private record Written(List<StatePut> puts, long began, long ended) {}

    /** What a reader saw. */
    private record Seen(Map<String, String> states, long began, long ended) {}

    /**
     * Asserts that every reader sees the state after some whole number of writes, and never an older one than was acknowledged before it asked.
     *
     * @param racing gives stores, each as another process would have it, whose requests interleave
     * @param calm sees the same namespace
     */
    public static void serial(long seed, String namespace, Supplier<OnlineStore> racing, OnlineStore calm)
            throws Exception {
        Map<Long, Written> writes = new ConcurrentHashMap<>();
        List<Seen> seen = Collections.synchronizedList(new ArrayList<>());
        AtomicLong clock = new AtomicLong();
        AtomicInteger fenced = new AtomicInteger();
        AtomicInteger erased = new AtomicInteger();
        CountDownLatch writing = new CountDownLatch(2);
        ExecutorService pool = Executors.newFixedThreadPool(5);
        try {
            // e is the one that is erased: no twin knows when exactly, so it is left out of the comparison
            racing.get().acquire(namespace, "start");
            List<Future<?>> actors = new ArrayList<>();
            for (int w = 0; w < 2; w++) {
                int writer = w;
                actors.add(pool.submit(() -> {
                    try {
                        write(racing.get(), namespace, writer, seed, writes, clock, fenced);
                    } finally {
                        writing.countDown();
                    }
                }));
            }
            for (int r = 0; r < 2; r++) {
                actors.add(pool.submit(() -> {
                    OnlineStore store = racing.get();
                    while (writing.getCount() > 0) {
                        long began = clock.incrementAndGet();
                        Map<String, String> states = read(store, namespace);
                        seen.add(new Seen(states, began, clock.incrementAndGet()));
                    }
                }));
            }
            actors.add(pool.submit(() -> {
                OnlineStore store = racing.get();
                for (int i = 0; i < 8 && !writing.await(500, TimeUnit.MILLISECONDS); i++) {
                    erased.addAndGet(store.erase(namespace, "e") ? 1 : 0);
                }
                return null;
            }));
            for (Future<?> actor : actors) {
                actor.get(120, TimeUnit.SECONDS);
            }
            long end = clock.incrementAndGet();
            seen.add(new Seen(read(calm, namespace), end, clock.incrementAndGet()));
        } finally {
            pool.shutdownNow();
        }
        System.out.println("seed " + seed + ": " + writes.size() + " writes, " + fenced + " fenced, " + seen.size()
                + " reads, " + erased + " erasures");
        assertThat(fenced.get()).isPositive();
        judge(writes, seen);
    }

    private static Map<String, String> read(OnlineStore store, String namespace) {
        Map<String, String> states = new HashMap<>();
        for (@Nullable KeyState state : store.getAll(namespace, KEYS)) {
            if (state != null) {
                states.put(state.key(), state.version() + ":" + new String(state.bytes(), StandardCharsets.UTF_8));
            }
        }
        return states;
    }

    private static void write(
            OnlineStore store,
            String namespace,
            int writer,
            long seed,
            Map<Long, Written> writes,
            AtomicLong clock,
            AtomicInteger fenced) {
        Random random = new Random(seed * 10 + writer);
        long token = 0;
        for (int i = 0; i < 25; i++) {
            if (token == 0) {
                token = store.acquire(namespace, "writer" + writer);
            }
            Map<String, Long> versions = new HashMap<>();
            for (@Nullable KeyState state : store.getAll(namespace, KEYS)) {
                if (state != null) {
                    versions.put(state.key(), state.version());
                }
            }
            List<String> keys = new ArrayList<>(KEYS.subList(1, KEYS.size()));
            Collections.shuffle(keys, random);
            keys = new ArrayList<>(keys.subList(0, random.nextInt(keys.size() + 1)));
            keys.add("all");
            String content = writer + "-" + i;
            List<StatePut> puts = keys.stream()
                    .map(k -> new StatePut(k, versions.getOrDefault(k, 0L), content.getBytes(StandardCharsets.UTF_8)))
                    .toList();
            long began = clock.incrementAndGet();
            try {
                List<Long> written = store.putAll(namespace, token, puts);
                Written before =
                        writes.put(written.get(written.size() - 1), new Written(puts, began, clock.incrementAndGet()));
                assertThat(before).isNull();
            } catch (IsobarException e) {
                // an erasure, or the other owner has written since we looked
                assertThat(e.code()).isIn(ErrorCode.FENCED, ErrorCode.CONFLICT);
                if (e.code() == ErrorCode.FENCED) {
                    fenced.incrementAndGet();
                    token = 0;
                    // lets the other write a little before it is fenced in turn
                    for (int k = random.nextInt(40); k > 0; k--) {
                        store.get(namespace, "all");
                    }
                }
            }
        }
    }

    /** The naive twin. */
    private static void judge(Map<Long, Written> writes, List<Seen> seen) {
        List<Map<String, String>> after = new ArrayList<>();
        after.add(Map.of());
        List<Written> order = new ArrayList<>();
        for (long n = 1; n <= writes.size(); n++) {
            Written written = writes.get(n);
            if (written == null) {
                throw new AssertionError("write " + n + " was never acknowledged");
            }
            order.add(written);
            Map<String, String> state = new HashMap<>(after.get(after.size() - 1));
            written.puts()
                    .forEach(p -> state.put(
                            p.key(), (p.expectedVersion() + 1) + ":" + new String(p.bytes(), StandardCharsets.UTF_8)));
            after.add(state);
        }
        for (Seen each : seen) {
            String all = each.states().get("all");
            int n = all == null ? 0 : Integer.parseInt(all.substring(0, all.indexOf(':')));
            assertThat(n).isLessThan(after.size());
            assertThat(without(each.states())).isEqualTo(without(after.get(n)));
            if (n + 1 < after.size()) {
                assertThat(order.get(n).ended())
                        .as("a write that was acknowledged before the reader asked")
                        .isGreaterThan(each.began());
            }
            if (n > 0) {
                assertThat(order.get(n - 1).began()).isLessThan(each.ended());
            }
        }
    }

    private static Map<String, String> without(Map<String, String> states) {
        Map<String, String> rest = new HashMap<>(states);
        rest.remove("e");
        return rest;
    }
}
