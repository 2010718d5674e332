package dev.isobar.aws.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.aws.emulator.Emulator;
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
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;

/**
 * Two owners that take the namespace from each other, readers and an erasure, all at once, over a client that reads the items of a batch one by one in
 * random order, as the service is free to. Every write raises the key {@code all}, so its version says which write is the n-th; the twin is the list of
 * writes that were acknowledged, replayed.
 */
@DisplayName("Two writers, readers and an erasure on DynamoDB")
class OnlineInterleavingsTest {
    private static final List<String> KEYS = List.of("all", "a", "b", "c", "d", "e", "f", "g");

    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    /** A write that was acknowledged. */
    private record Written(List<StatePut> puts, long began, long ended) {}

    /** What a reader saw. */
    private record Seen(Map<String, String> states, long began, long ended) {}

    /** Only one request at a time, and whose turn it is, is drawn: the JVM's scheduler alone interleaves too coarsely. */
    private static final class Turns {
        private final Random random;
        private final ReentrantLock lock = new ReentrantLock(true);

        Turns(long seed) {
            this.random = new Random(seed);
        }

        void pass() {
            int yields;
            synchronized (random) {
                yields = random.nextInt(4);
            }
            for (int i = 0; i < yields; i++) {
                // a fair lock lets everyone else go first
                lock.lock();
                lock.unlock();
            }
        }
    }

    private static DynamoDbClient torn(DynamoDbClient real, Turns turns, Random order) {
        return Intercepted.client(real, (request, answer) -> {
            if (!(request instanceof BatchGetItemRequest batch)) {
                turns.pass();
                return answer.get();
            }
            String table = batch.requestItems().keySet().iterator().next();
            List<Map<String, AttributeValue>> keys =
                    new ArrayList<>(batch.requestItems().get(table).keys());
            synchronized (order) {
                Collections.shuffle(keys, order);
            }
            List<Map<String, AttributeValue>> items = new ArrayList<>();
            for (Map<String, AttributeValue> key : keys) {
                turns.pass();
                var item = real.getItem(g -> g.tableName(table).key(key).consistentRead(true));
                if (item.hasItem()) {
                    items.add(item.item());
                }
            }
            return BatchGetItemResponse.builder()
                    .responses(Map.of(table, items))
                    .unprocessedKeys(Map.of())
                    .build();
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    @DisplayName(
            "show every reader the state after some whole number of writes, never an older one than was acknowledged before it asked")
    void serial(long seed) throws Exception {
        System.out.println("seed " + seed);
        Turns turns = new Turns(seed);
        String namespace = "serial-" + seed;
        Map<Long, Written> writes = new ConcurrentHashMap<>();
        List<Seen> seen = Collections.synchronizedList(new ArrayList<>());
        AtomicLong clock = new AtomicLong();
        AtomicInteger fenced = new AtomicInteger();
        AtomicInteger erased = new AtomicInteger();
        CountDownLatch writing = new CountDownLatch(2);
        ExecutorService pool = Executors.newFixedThreadPool(5);
        try (DynamoDbClient real = Clients.plain(DYNAMO.endpoint())) {
            DynamoDbClient client = torn(real, turns, new Random(seed + 1));
            // e is the one that is erased: no twin knows when exactly, so it is left out of the comparison
            Clients.store(client, 3).acquire(namespace, "start");
            List<Future<?>> actors = new ArrayList<>();
            for (int w = 0; w < 2; w++) {
                int writer = w;
                actors.add(pool.submit(() -> {
                    try {
                        write(Clients.store(client, 3), namespace, writer, seed, writes, clock, fenced);
                    } finally {
                        writing.countDown();
                    }
                }));
            }
            for (int r = 0; r < 2; r++) {
                actors.add(pool.submit(() -> {
                    OnlineStore store = Clients.store(client, 3);
                    while (writing.getCount() > 0) {
                        long began = clock.incrementAndGet();
                        Map<String, String> states = read(store, namespace);
                        seen.add(new Seen(states, began, clock.incrementAndGet()));
                    }
                }));
            }
            actors.add(pool.submit(() -> {
                OnlineStore store = Clients.store(client, 3);
                for (int i = 0; i < 8 && !writing.await(500, TimeUnit.MILLISECONDS); i++) {
                    erased.addAndGet(store.erase(namespace, "e") ? 1 : 0);
                }
                return null;
            }));
            for (Future<?> actor : actors) {
                actor.get(120, TimeUnit.SECONDS);
            }
            long end = clock.incrementAndGet();
            seen.add(new Seen(read(Clients.store(real, 3), namespace), end, clock.incrementAndGet()));
        } finally {
            pool.shutdownNow();
        }
        System.out.println(
                writes.size() + " writes, " + fenced + " fenced, " + seen.size() + " reads, " + erased + " erasures");
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
        for (long n = 1; n <= writes.size(); n++) {
            Written written = writes.get(n);
            assertThat(written).as("write " + n).isNotNull();
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
                assertThat(writes.get((long) n + 1).ended())
                        .as("a write that was acknowledged before the reader asked")
                        .isGreaterThan(each.began());
            }
            if (n > 0) {
                assertThat(writes.get((long) n).began()).isLessThan(each.ended());
            }
        }
    }

    private static Map<String, String> without(Map<String, String> states) {
        Map<String, String> rest = new HashMap<>(states);
        rest.remove("e");
        return rest;
    }
}
