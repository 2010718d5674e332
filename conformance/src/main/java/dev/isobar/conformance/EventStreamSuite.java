package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.AppendResult;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The specification of {@link EventStream}: durable, partitioned, in order per key, at least once.
 *
 * @since 0.1
 */
@DisplayName("An event stream")
public abstract class EventStreamSuite extends PortSuite {
    private static final Duration NO_WAIT = Duration.ZERO;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** More than any envelope of a small id, key and schema takes. */
    private static final int ENVELOPE = 512;

    /** For subclasses. */
    protected EventStreamSuite() {
        super(Port.EVENT_STREAM);
    }

    private EventStream port() {
        return open().eventStream();
    }

    private static Event event(int i, String key) {
        return Event.insert(
                "e" + i, key, 1_000L * i, 1_000L * i + 7, "s1", ("payload " + i).getBytes(StandardCharsets.UTF_8));
    }

    private static List<Event> events(int from, int count, int keys) {
        List<Event> events = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            events.add(event(i, "key" + i % keys));
        }
        return events;
    }

    private static List<Delivery> drain(EventStream port, String stream, String group, Start start, int expected) {
        List<Delivery> all = new ArrayList<>();
        try (EventReader reader = port.read(new ReadRequest(stream, group, start))) {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (all.size() < expected && System.nanoTime() < deadline) {
                all.addAll(reader.poll(100, Duration.ofMillis(50)));
            }
            // Only a poll that shows nothing says that there is nothing.
            for (List<Delivery> rest = reader.poll(100, NO_WAIT); !rest.isEmpty(); rest = reader.poll(100, NO_WAIT)) {
                all.addAll(rest);
            }
        }
        return all;
    }

    private static List<String> ids(List<Delivery> deliveries) {
        return deliveries.stream().map(d -> d.event().id()).toList();
    }

    /** Making and removing. */
    @Nested
    @DisplayName("is made and removed")
    class Lifecycle {
        @Test
        @DisplayName("once; making it again with as many partitions is a success, with another number a conflict")
        void create() {
            EventStream port = port();
            String stream = fresh("s");
            port.create(stream, 3);
            port.create(stream, 3);
            assertThat(port.describe(stream).orElseThrow().partitions()).isEqualTo(3);
            fails(ErrorCode.CONFLICT, () -> port.create(stream, 4));
        }

        @Test
        @DisplayName("and listed by prefix, sorted, until it is deleted; deleting twice is a success")
        void list() {
            EventStream port = port();
            String prefix = fresh("p");
            port.create(prefix + ".b", 1);
            port.create(prefix + ".a", 1);
            assertThat(port.list(prefix)).containsExactly(prefix + ".a", prefix + ".b");
            port.delete(prefix + ".a");
            port.delete(prefix + ".a");
            assertThat(port.list(prefix)).containsExactly(prefix + ".b");
            assertThat(port.describe(prefix + ".a")).isEmpty();
        }

        @Test
        @DisplayName("empty again after it was deleted: no event, no commit, no remembered sequence")
        void recreated() {
            EventStream port = port();
            String stream = fresh("s");
            port.create(stream, 1);
            port.append(new AppendRequest(stream, "w", 0, events(0, 3, 1)));
            Delivery last = drain(port, stream, "g", new Start.Earliest(), 3).get(2);
            port.commit(stream, "g", 0, last.position());
            port.delete(stream);
            port.create(stream, 1);
            assertThat(port.committed(stream, "g")).isEmpty();
            assertThat(port.append(new AppendRequest(stream, "w", 0, events(0, 1, 1)))
                            .stored())
                    .isEqualTo(1);
            assertThat(ids(drain(port, stream, "g", new Start.Committed(), 1))).containsExactly("e0");
        }

        @Test
        @DisplayName("with a name that fits; anything else is an invalid argument")
        void names() {
            EventStream port = port();
            for (String name : List.of("", "Upper", ".x", "-x", "a/b", "..", "a b", "x".repeat(121))) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.create(name, 1));
            }
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.create(fresh("s"), 0));
        }

        @Test
        @DisplayName("or else is not found by anybody who uses it")
        void missing() {
            EventStream port = port();
            String stream = fresh("missing");
            fails(ErrorCode.NOT_FOUND, () -> port.append(new AppendRequest(stream, "w", 0, events(0, 1, 1))));
            fails(ErrorCode.NOT_FOUND, () -> port.read(new ReadRequest(stream, "g", new Start.Earliest())));
            fails(ErrorCode.NOT_FOUND, () -> port.committed(stream, "g"));
            assertThat(port.describe(stream)).isEmpty();
        }
    }

    /** Appending and reading. */
    @Nested
    @DisplayName("gives back what was appended")
    class AppendAndRead {
        private EventStream port;
        private String stream;

        @BeforeEach
        void create() {
            port = port();
            stream = fresh("s");
            port.create(stream, 4);
        }

        @Test
        @DisplayName("unchanged in every part of the envelope")
        void unchanged() {
            Event full = new Event(
                    "id \u00e9\u4e2d\ud83d\ude80",
                    "a\u001fb",
                    -1,
                    Long.MAX_VALUE,
                    "s\u00e9",
                    Operation.RETRACT,
                    Map.of("traceparent", "00-ab", "empty", ""),
                    new byte[] {0, -1, 1, 127, -128});
            Event bare = Event.insert("", "", Long.MIN_VALUE, 0, "", new byte[0]);
            AppendResult result = port.append(new AppendRequest(stream, "w", 0, List.of(full, bare)));
            assertThat(result).isEqualTo(new AppendResult(2, 2, Map.of()));
            assertThat(drain(port, stream, "g", new Start.Earliest(), 2))
                    .extracting(Delivery::event)
                    .containsExactlyInAnyOrder(full, bare);
        }

        @Test
        @DisplayName("in order per key, each key in one partition, positions all different")
        void orderPerKey() {
            port.append(new AppendRequest(stream, "w", 0, events(0, 300, 17)));
            port.append(new AppendRequest(stream, "w", 300, events(300, 200, 17)));
            List<Delivery> all = drain(port, stream, "g", new Start.Earliest(), 500);
            assertThat(all).hasSize(500);
            Map<String, Integer> partitionOf = new HashMap<>();
            Map<String, Long> lastOf = new HashMap<>();
            for (Delivery d : all) {
                String key = d.event().key();
                assertThat(partitionOf.computeIfAbsent(key, k -> d.partition())).isEqualTo(d.partition());
                assertThat(lastOf.getOrDefault(key, -1L)).isLessThan(d.event().eventTime());
                lastOf.put(key, d.event().eventTime());
            }
            assertThat(all.stream()
                            .map(d -> d.partition() + "/" + d.position().token())
                            .distinct())
                    .hasSize(500);
            assertThat(partitionOf.values().stream().distinct().count()).isGreaterThan(1);
        }

        @Test
        @DisplayName("at most as many at a time as were asked for")
        void max() {
            port.append(new AppendRequest(stream, "w", 0, events(0, 50, 5)));
            try (EventReader reader = port.read(new ReadRequest(stream, "g", new Start.Earliest()))) {
                assertThat(reader.poll(7, PATIENCE)).hasSizeBetween(1, 7);
                assertThat(reader.poll(1, PATIENCE)).hasSize(1);
                fails(ErrorCode.INVALID_ARGUMENT, () -> reader.poll(0, NO_WAIT));
            }
        }

        @Test
        @DisplayName("all of it to a reader that does not wait: only the end of what was appended is empty")
        void withoutWaiting() {
            for (int append = 0; append < 5; append++) {
                port.append(new AppendRequest(stream, "w", append * 20L, events(append * 20, 20, 7)));
            }
            try (EventReader reader = port.read(new ReadRequest(stream, "g", new Start.Earliest()))) {
                int read = 0;
                for (int got = reader.poll(9, NO_WAIT).size();
                        got > 0;
                        got = reader.poll(9, NO_WAIT).size()) {
                    read += got;
                }
                assertThat(read).isEqualTo(100);
            }
        }

        @Test
        @DisplayName("to a reader that waits, also when another session appends")
        void tail() {
            EventStream other = port();
            try (EventReader reader = port.read(new ReadRequest(stream, "g", new Start.Earliest()))) {
                assertThat(reader.poll(10, Duration.ofMillis(5))).isEmpty();
                other.append(new AppendRequest(stream, "w", 0, events(0, 1, 1)));
                assertThat(reader.poll(10, PATIENCE)).hasSize(1);
                other.append(new AppendRequest(stream, "w", 1, events(1, 1, 1)));
                assertThat(ids(reader.poll(10, PATIENCE))).containsExactly("e1");
                assertThat(reader.poll(10, NO_WAIT)).isEmpty();
            }
        }

        @Test
        @DisplayName("and nothing of a batch with an event over the declared limit")
        void tooLarge() {
            OptionalLong limit = capabilities().limit(Limit.MAX_EVENT_BYTES);
            if (limit.isPresent()) {
                Event large = Event.insert("l", "k", 0, 0, "s", new byte[Math.toIntExact(limit.getAsLong())]);
                fails(
                        ErrorCode.INVALID_ARGUMENT,
                        () -> port.append(new AppendRequest(stream, "w", 0, List.of(event(0, "k"), large))));
                port.append(new AppendRequest(stream, "w", 0, List.of(event(1, "k"))));
                assertThat(ids(drain(port, stream, "g", new Start.Earliest(), 1)))
                        .containsExactly("e1");
            }
        }

        @Test
        @DisplayName("also an event that just fits the declared limit")
        void largest() {
            OptionalLong limit = capabilities().limit(Limit.MAX_EVENT_BYTES);
            if (limit.isPresent()) {
                byte[] payload = new byte[Math.toIntExact(limit.getAsLong()) - ENVELOPE];
                new Random(7).nextBytes(payload);
                List<Event> two = List.of(
                        Event.insert("l1", "k", 0, 0, "s", payload), Event.insert("l2", "k", 1, 0, "s", payload));
                assertThat(port.append(new AppendRequest(stream, "w", 0, two)))
                        .isEqualTo(new AppendResult(2, 2, Map.of()));
                assertThat(drain(port, stream, "g", new Start.Earliest(), 2))
                        .extracting(Delivery::event)
                        .containsExactlyElementsOf(two);
            }
        }

        @Test
        @DisplayName("under a key of any length, in order")
        void longKeys() {
            String longest = "k".repeat(3_000);
            List<Event> events = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                events.add(event(i, i % 2 == 0 ? longest : longest + "'"));
            }
            port.append(new AppendRequest(stream, "w", 0, events));
            List<Delivery> all = drain(port, stream, "g", new Start.Earliest(), 20);
            assertThat(all).extracting(Delivery::event).containsExactlyInAnyOrderElementsOf(events);
            assertThat(ids(all.stream().filter(d -> d.key().equals(longest)).toList()))
                    .containsExactlyElementsOf(events.stream()
                            .filter(e -> e.key().equals(longest))
                            .map(Event::id)
                            .toList());
        }

        @Test
        @DisplayName("nothing for an empty batch")
        void emptyBatch() {
            assertThat(port.append(new AppendRequest(stream, "w", 0, List.of())))
                    .isEqualTo(new AppendResult(0, 0, Map.of()));
        }

        @Test
        @DisplayName("from several writers at once, none lost, each writer's order kept per key")
        void concurrent() throws Exception {
            ExecutorService pool = Executors.newFixedThreadPool(4);
            try {
                List<Future<?>> writers = new ArrayList<>();
                for (int w = 0; w < 4; w++) {
                    String producer = "w" + w;
                    EventStream mine = w % 2 == 0 ? port : port();
                    writers.add(pool.submit(() -> {
                        for (int batch = 0; batch < 10; batch++) {
                            List<Event> events = new ArrayList<>();
                            for (int i = 0; i < 20; i++) {
                                int n = batch * 20 + i;
                                events.add(Event.insert(producer + ":" + n, "key" + n % 3, n, n, "s", new byte[9]));
                            }
                            mine.append(new AppendRequest(stream, producer, batch * 20L, events));
                        }
                    }));
                }
                for (Future<?> writer : writers) {
                    writer.get();
                }
            } finally {
                pool.shutdownNow();
            }
            List<Delivery> all = drain(port, stream, "g", new Start.Earliest(), 800);
            assertThat(ids(all)).hasSize(800).doesNotHaveDuplicates();
            Map<String, Long> last = new HashMap<>();
            for (Delivery d : all) {
                String line = d.event().id().substring(0, d.event().id().indexOf(':'))
                        + d.event().key();
                assertThat(last.getOrDefault(line, -1L)).isLessThan(d.event().eventTime());
                last.put(line, d.event().eventTime());
            }
        }
    }

    /** Appending again. */
    @Nested
    @DisplayName("is idempotent by producer and sequence, where declared; else it may store twice but never loses")
    class Idempotence {
        @Test
        @DisplayName("a retry, whole, overlapping or from another session, stores nothing twice")
        void retry() {
            EventStream port = port();
            String stream = fresh("s");
            port.create(stream, 3);
            if (!capabilities().has(Capability.IDEMPOTENT_APPEND)) {
                assertThat(port.append(new AppendRequest(stream, "w", 0, events(0, 10, 5)))
                                .accepted())
                        .isEqualTo(10);
                assertThat(port().append(new AppendRequest(stream, "w", 5, events(5, 10, 5)))
                                .accepted())
                        .isEqualTo(10);
                onceOrMore(port, stream, 20, 15);
                return;
            }
            port.append(new AppendRequest(stream, "w", 0, events(0, 10, 5)));
            assertThat(port.append(new AppendRequest(stream, "w", 0, events(0, 10, 5))))
                    .isEqualTo(new AppendResult(10, 0, Map.of()));
            assertThat(port().append(new AppendRequest(stream, "w", 5, events(5, 10, 5))))
                    .isEqualTo(new AppendResult(10, 5, Map.of()));
            assertThat(ids(drain(port, stream, "g", new Start.Earliest(), 15)))
                    .hasSize(15)
                    .doesNotHaveDuplicates();
        }

        @Test
        @DisplayName("another producer's equal sequence is another event, and a gap may be filled later")
        void producersAndGaps() {
            EventStream port = port();
            String stream = fresh("s");
            port.create(stream, 2);
            if (!capabilities().has(Capability.IDEMPOTENT_APPEND)) {
                assertThat(port.append(new AppendRequest(stream, "w", 10, events(10, 5, 5)))
                                .stored())
                        .isEqualTo(5);
                assertThat(port.append(new AppendRequest(stream, "v", 10, events(20, 5, 5)))
                                .stored())
                        .isEqualTo(5);
                assertThat(drain(port, stream, "g", new Start.Earliest(), 10)).hasSize(10);
                return;
            }
            port.append(new AppendRequest(stream, "w", 10, events(10, 5, 5)));
            assertThat(port.append(new AppendRequest(stream, "w", 0, events(0, 12, 5)))
                            .stored())
                    .isEqualTo(10);
            assertThat(port.append(new AppendRequest(stream, "v", 0, events(100, 5, 5)))
                            .stored())
                    .isEqualTo(5);
            assertThat(drain(port, stream, "g", new Start.Earliest(), 20)).hasSize(20);
        }

        /** Whoever drops what it has seen, by id, sees every event once and each key's in order. */
        private void onceOrMore(EventStream port, String stream, int atMost, int different) {
            List<Delivery> all = drain(port, stream, "g", new Start.Earliest(), atMost);
            assertThat(all).hasSizeBetween(different, atMost);
            Map<String, Event> first = new LinkedHashMap<>();
            all.forEach(d -> first.putIfAbsent(d.event().id(), d.event()));
            assertThat(first).hasSize(different);
            Map<String, Long> last = new HashMap<>();
            for (Event event : first.values()) {
                assertThat(last.getOrDefault(event.key(), -1L)).isLessThan(event.eventTime());
                last.put(event.key(), event.eventTime());
            }
        }
    }

    /** Positions. */
    @Nested
    @DisplayName("can be read again from")
    class Replay {
        private EventStream port;
        private String stream;

        @BeforeEach
        void fill() {
            port = port();
            stream = fresh("s");
            port.create(stream, 2);
            for (int i = 0; i < 100; i += 10) {
                port.append(new AppendRequest(stream, "w", i, events(i, 10, 7)));
            }
        }

        @Test
        @DisplayName("the beginning, any number of times, with the same result per partition")
        void beginning() {
            Map<Integer, List<String>> first = byPartition(drain(port, stream, "g", new Start.Earliest(), 100));
            Map<Integer, List<String>> second = byPartition(drain(port(), stream, "h", new Start.Earliest(), 100));
            assertThat(second).isEqualTo(first);
        }

        @Test
        @DisplayName("behind every single position")
        void after() {
            List<Delivery> all = drain(port, stream, "g", new Start.Earliest(), 100);
            Map<Integer, List<String>> whole = byPartition(all);
            Map<Integer, Integer> seen = new HashMap<>();
            for (Delivery d : all) {
                int n = seen.merge(d.partition(), 1, Integer::sum);
                List<String> mine = whole.getOrDefault(d.partition(), List.of());
                List<String> expected = mine.subList(n, mine.size());
                List<Delivery> rest =
                        drain(port, stream, "g", new Start.After(Map.of(d.partition(), d.position())), expected.size());
                assertThat(byPartition(rest).getOrDefault(d.partition(), List.of()))
                        .isEqualTo(expected);
            }
        }

        @Test
        @DisplayName("behind a group's commits, which never move backwards")
        void commits() {
            List<Delivery> all = drain(port, stream, "g", new Start.Earliest(), 100);
            List<Delivery> zero = all.stream().filter(d -> d.partition() == 0).toList();
            assertThat(port.committed(stream, "g")).isEmpty();
            port.commit(stream, "g", 0, zero.get(20).position());
            port.commit(stream, "g", 0, zero.get(3).position());
            assertThat(port().committed(stream, "g"))
                    .isEqualTo(Map.of(0, zero.get(20).position()));
            List<Delivery> rest = drain(port, stream, "g", new Start.Committed(), all.size() - 21);
            assertThat(rest).hasSize(all.size() - 21);
            assertThat(drain(port, stream, "other", new Start.Committed(), 100)).hasSize(100);
        }

        @Test
        @DisplayName("a place of this stream only")
        void foreign() {
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.commit(stream, "g", 9, new Position("x")));
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.commit(stream, "g", 0, new Position("no such place")));
        }

        @Test
        @DisplayName("a known time, where declared: the first event at or after it and everything behind")
        void seek() throws Exception {
            Start from = new Start.AvailableFrom(50_007);
            declaredOrUnsupported(
                    Capability.SEEK_TO_TIME,
                    () -> port.read(new ReadRequest(stream, "g", from)).close(),
                    () -> {
                        List<Delivery> found = drain(port, stream, "g", from, 50);
                        assertThat(found).hasSize(50);
                        assertThat(found).allMatch(d -> d.event().availableTime() >= 50_007);
                        assertThat(drain(port, stream, "g", new Start.AvailableFrom(99_008), 0))
                                .isEmpty();
                    });
        }

        private Map<Integer, List<String>> byPartition(List<Delivery> deliveries) {
            Map<Integer, List<String>> ids = new HashMap<>();
            deliveries.forEach(d -> ids.computeIfAbsent(d.partition(), p -> new ArrayList<>())
                    .add(d.event().id()));
            return ids;
        }
    }

    /** Erasure. */
    @Nested
    @DisplayName("forgets a key, where declared")
    class Erasure {
        @Test
        @DisplayName("every event of it and no other; positions, commits and sequences stay good")
        void erase() throws Exception {
            EventStream port = port();
            String stream = fresh("s");
            port.create(stream, 2);
            port.append(new AppendRequest(stream, "w", 0, events(0, 90, 3)));
            declaredOrUnsupported(Capability.ERASE_EVENTS, () -> port.erase(stream, "key1"), () -> {
                try (EventReader open = port.read(new ReadRequest(stream, "g", new Start.Earliest()))) {
                    EventStream other = port();
                    assertThat(other.erase(stream, "key1")).isEqualTo(30);
                    assertThat(other.erase(stream, "key1")).isZero();
                    List<Delivery> left = drain(port, stream, "g", new Start.Earliest(), 60);
                    assertThat(left).hasSize(60).noneMatch(d -> d.event().key().equals("key1"));
                    assertThat(port.describe(stream).orElseThrow().events()).isIn(60L, -1L);
                    AppendResult again = port.append(new AppendRequest(stream, "w", 0, events(0, 90, 3)));
                    assertThat(again.stored()).isZero();
                    port.append(new AppendRequest(stream, "w", 90, events(90, 3, 3)));
                    List<Delivery> seen = new ArrayList<>();
                    long deadline = System.nanoTime() + PATIENCE.toNanos();
                    while (System.nanoTime() < deadline && !ids(seen).containsAll(List.of("e90", "e91", "e92"))) {
                        seen.addAll(open.poll(100, Duration.ofMillis(20)));
                    }
                    assertThat(ids(seen)).contains("e90", "e91", "e92").doesNotHaveDuplicates();
                }
            });
        }
    }
}
