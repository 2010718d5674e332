package dev.isobar.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.aws.emulator.Emulator;
import dev.isobar.aws.kinesis.FaultyHttp.Fault;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.AppendResult;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** What the stream keeps when its network and its service do not behave. */
@DisplayName("A Kinesis stream under faults")
class FaultsTest {
    @RegisterExtension
    static final Emulator KINESIS = Emulator.kinesis();

    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static Streams streams;

    @BeforeAll
    static void start() {
        System.setProperty("aws.cborEnabled", "false");
        streams = Streams.at(KINESIS.endpoint(), DYNAMO.endpoint());
    }

    @AfterAll
    static void stop() throws Exception {
        streams.close();
        System.clearProperty("aws.cborEnabled");
    }

    private static List<Event> events(Random random, int from, int count, int keys) {
        List<Event> events = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            // Few keys have many events, most have few.
            String key = "key" + (int) (keys * Math.pow(random.nextDouble(), 3));
            events.add(Event.insert("e" + i, key, i, i, "s", new byte[random.nextInt(200)]));
        }
        return events;
    }

    /** Reads until every id was seen or patience ends, and asserts what at-least-once in order per key means. */
    private static int everythingInOrder(EventStream port, String stream, int count) {
        Set<String> seen = new HashSet<>();
        Map<String, Long> last = new HashMap<>();
        int deliveries = 0;
        try (EventReader reader = port.read(new ReadRequest(stream, "g", new Start.Earliest()))) {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (seen.size() < count && System.nanoTime() < deadline) {
                for (Delivery d : reader.poll(500, Duration.ofMillis(200))) {
                    deliveries++;
                    inOrder(d.event(), seen, last);
                }
            }
            for (Delivery d : reader.poll(500, Duration.ZERO)) {
                deliveries++;
                inOrder(d.event(), seen, last);
            }
        }
        assertThat(seen).hasSize(count);
        return deliveries;
    }

    private static void inOrder(Event event, Set<String> seen, Map<String, Long> last) {
        if (seen.add(event.id())) {
            assertThat(last.getOrDefault(event.key(), -1L))
                    .as("order of " + event.key())
                    .isLessThan(event.eventTime());
            last.put(event.key(), event.eventTime());
        }
    }

    @ParameterizedTest(name = "aggregation {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("loses nothing and keeps each key's order when a fifth of the records is refused and answers are lost")
    void writes(boolean aggregate) {
        long seed = 20_261_123;
        FaultyHttp faults =
                new FaultyHttp(Streams.network(), seed, Map.of(Fault.ENTRY_REFUSED, 0.2, Fault.PUT_ANSWER_LOST, 0.05));
        KinesisEventStream writer = streams.session(streams.client(faults), aggregate, false);
        String stream = "writes-" + aggregate;
        writer.create(stream, 3);
        Random random = new Random(seed);
        int count = 0;
        for (int batch = 0; batch < 8; batch++) {
            List<Event> events = events(random, count, 250, 60);
            assertThat(writer.append(new AppendRequest(stream, "w", count, events))
                            .failures())
                    .isEmpty();
            count += 250;
        }
        int deliveries = everythingInOrder(streams.session(), stream, count);
        System.out.println("seed " + seed + ": " + faults.count(Fault.ENTRY_REFUSED) + " records refused, "
                + faults.count(Fault.PUT_ANSWER_LOST) + " answers lost, " + (deliveries - count) + " stored twice");
        assertThat(faults.count(Fault.ENTRY_REFUSED)).isPositive();
        assertThat(faults.count(Fault.PUT_ANSWER_LOST)).isPositive();
    }

    @Test
    @DisplayName("is read completely and in order when reads are throttled, iterators expire and answers break off")
    void reads() {
        long seed = 7;
        KinesisEventStream writer = streams.session();
        writer.create("reads", 3);
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i += 500) {
            writer.append(new AppendRequest("reads", "w", i, events(random, i, 500, 40)));
        }
        FaultyHttp faults = new FaultyHttp(
                Streams.network(),
                seed,
                Map.of(Fault.READ_THROTTLED, 0.2, Fault.ITERATOR_EXPIRED, 0.2, Fault.READ_CUT_OFF, 0.2));
        KinesisEventStream reader = streams.session(streams.client(faults), true, false);
        int deliveries = 0;
        for (int run = 0; run < 5; run++) {
            deliveries += everythingInOrder(reader, "reads", 2_000);
        }
        assertThat(deliveries).as("a read that fails delivers nothing twice").isEqualTo(10_000);
        for (Fault fault : List.of(Fault.READ_THROTTLED, Fault.ITERATOR_EXPIRED, Fault.READ_CUT_OFF)) {
            assertThat(faults.count(fault)).as(fault.toString()).isPositive();
        }
    }

    @Test
    @DisplayName("says which events it gave up: those of a key that is refused for good, all of them, and no others")
    void givenUp() {
        FaultyHttp faults = new FaultyHttp(Streams.network(), 1, Map.of());
        faults.refuseAlways("bad");
        Kinesis kinesis = new Kinesis("test", streams.client(faults));
        KinesisEventStream port = streams.session();
        port.create("given-up", 2);
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            events.add(Event.insert("e" + i, i % 3 == 0 ? "bad" : "good" + i % 5, i, i, "s", new byte[10]));
        }
        AppendResult result = new Appending(
                        kinesis, "given-up", "isobar_given-up", false, Duration.ofMillis(300), new Written(), events)
                .run();
        assertThat(result.accepted()).isEqualTo(20);
        assertThat(result.failures()).hasSize(10);
        assertThat(result.failures().keySet()).allMatch(i -> i % 3 == 0);
        assertThat(result.failures().get(0)).contains("ProvisionedThroughputExceededException");
        assertThat(result.failures().get(27)).contains("an earlier event of its key");
        try (EventReader reader = port.read(new ReadRequest("given-up", "g", new Start.Earliest()))) {
            Set<String> keys = new HashSet<>();
            for (List<Delivery> some = reader.poll(500, Duration.ZERO);
                    !some.isEmpty();
                    some = reader.poll(500, Duration.ZERO)) {
                some.forEach(d -> keys.add(d.key()));
            }
            assertThat(keys).doesNotContain("bad").contains("good1", "good2");
        }
    }

    @Test
    @DisplayName("goes on behind the last event that was pushed when subscriptions break")
    void pushes() {
        KinesisEventStream writer = streams.session();
        writer.create("pushes", 2);
        Random random = new Random(2);
        for (int i = 0; i < 1_000; i += 250) {
            writer.append(new AppendRequest("pushes", "w", i, events(random, i, 250, 40)));
        }
        FaultyHttp faults = new FaultyHttp(Streams.network(), 1, Map.of(Fault.PUSH_CUT_OFF, 0.42));
        KinesisEventStream reader = streams.session(streams.client(faults), true, true);
        assertThat(everythingInOrder(reader, "pushes", 1_000)).isEqualTo(1_000);
        assertThat(faults.count(Fault.PUSH_CUT_OFF)).isPositive();
    }

    @ParameterizedTest(name = "fan-out {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("keeps each key's order through a split and a merge while it is written and read")
    void reshard(boolean fanOut) throws Exception {
        KinesisAsyncClient client = streams.client(null);
        KinesisEventStream port = streams.session(client, true, fanOut);
        String stream = "reshard-" + fanOut;
        port.create(stream, 2);
        int count = 3_000;
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Future<?> writing = pool.submit(() -> {
                Random random = new Random(3);
                for (int i = 0; i < count; i += 100) {
                    port.append(new AppendRequest(stream, "w", i, events(random, i, 100, 50)));
                    if (i == 1_000) {
                        split(client, "isobar_" + stream, 0);
                    } else if (i == 2_000) {
                        // The first child of the split and the shard that was never touched lie side by side.
                        merge(client, "isobar_" + stream, 3, 1);
                    }
                }
            });
            Future<Integer> reading =
                    Executors.newSingleThreadExecutor().submit(() -> everythingInOrder(port, stream, count));
            writing.get();
            assertThat(reading.get()).isEqualTo(count);
        } finally {
            pool.shutdownNow();
        }
        assertThat(port.describe(stream).orElseThrow().partitions()).isEqualTo(5);
        port.create(stream, 2);
        assertThat(everythingInOrder(port, stream, count)).isEqualTo(count);
        Map<Integer, List<Delivery>> lanes = new HashMap<>();
        try (EventReader reader = port.read(new ReadRequest(stream, "g", new Start.Committed()))) {
            for (List<Delivery> some = reader.poll(500, Duration.ZERO);
                    !some.isEmpty();
                    some = reader.poll(500, Duration.ZERO)) {
                some.forEach(d -> lanes.computeIfAbsent(d.partition(), p -> new ArrayList<>())
                        .add(d));
            }
        }
        assertThat(lanes.keySet()).hasSizeGreaterThan(3);
        lanes.forEach((partition, all) ->
                port.commit(stream, "g", partition, all.get(all.size() - 1).position()));
        try (EventReader reader = port.read(new ReadRequest(stream, "g", new Start.Committed()))) {
            assertThat(reader.poll(500, Duration.ZERO)).isEmpty();
        }
    }

    private static void split(KinesisAsyncClient client, String physical, int shard) {
        Shard parent = shards(client, physical).get(shard);
        BigInteger from = new BigInteger(parent.hashKeyRange().startingHashKey());
        BigInteger to = new BigInteger(parent.hashKeyRange().endingHashKey());
        client.splitShard(s -> s.streamName(physical)
                        .shardToSplit(parent.shardId())
                        .newStartingHashKey(from.add(to).shiftRight(1).toString()))
                .join();
        awaitActive(client, physical);
    }

    private static void merge(KinesisAsyncClient client, String physical, int first, int second) {
        List<Shard> shards = shards(client, physical);
        client.mergeShards(m -> m.streamName(physical)
                        .shardToMerge(shards.get(first).shardId())
                        .adjacentShardToMerge(shards.get(second).shardId()))
                .join();
        awaitActive(client, physical);
    }

    private static List<Shard> shards(KinesisAsyncClient client, String physical) {
        return client.listShards(l -> l.streamName(physical)).join().shards();
    }

    private static void awaitActive(KinesisAsyncClient client, String physical) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> client.describeStreamSummary(d -> d.streamName(physical))
                        .join()
                        .streamDescriptionSummary()
                        .streamStatusAsString()
                        .equals("ACTIVE"));
    }

    @Test
    @DisplayName("fences the commits of a session whose group another session has taken, and never moves one back")
    void owners() {
        KinesisEventStream first = streams.session();
        KinesisEventStream second = streams.session();
        first.create("owners", 1);
        first.append(new AppendRequest("owners", "w", 0, events(new Random(1), 0, 30, 1)));
        ReadRequest request = new ReadRequest("owners", "g", new Start.Committed());
        try (EventReader mine = first.read(request)) {
            List<Delivery> all = mine.poll(100, PATIENCE);
            first.commit("owners", "g", 0, all.get(9).position());
            try (EventReader theirs = second.read(request)) {
                assertThat(theirs.poll(100, PATIENCE).get(0).event().id()).isEqualTo("e10");
                assertThatThrownBy(
                                () -> first.commit("owners", "g", 0, all.get(20).position()))
                        .isInstanceOfSatisfying(
                                IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FENCED));
                second.commit("owners", "g", 0, all.get(14).position());
                second.commit("owners", "g", 0, all.get(12).position());
            }
            assertThat(first.committed("owners", "g"))
                    .isEqualTo(Map.of(0, all.get(14).position()));
        }
    }

    @Test
    @DisplayName("gives what others wrote without an envelope as it is, and calls damage damage")
    void foreign() {
        KinesisAsyncClient client = streams.client(null);
        KinesisEventStream port = streams.session();
        port.create("foreign", 1);
        client.putRecord(p ->
                        p.streamName("isobar_foreign").partitionKey("k").data(SdkBytes.fromUtf8String("{\"a\":1}")))
                .join();
        byte[] damaged = EventEnvelope.encode(Event.insert("e", "k", 1, 2, "s", new byte[10]));
        damaged[damaged.length - 1]++;
        client.putRecord(p -> p.streamName("isobar_foreign").partitionKey("k").data(SdkBytes.fromByteArray(damaged)))
                .join();
        port.append(new AppendRequest("foreign", "w", 0, events(new Random(1), 0, 1, 1)));
        try (EventReader reader = port.read(new ReadRequest("foreign", "g", new Start.Earliest()))) {
            Delivery json = reader.poll(1, PATIENCE).get(0);
            assertThat(json.event().payload()).asString().isEqualTo("{\"a\":1}");
            assertThat(json.event().key()).isEqualTo("k");
            assertThat(json.event().availableTime()).isPositive();
            assertThatThrownBy(() -> reader.poll(1, PATIENCE))
                    .isInstanceOfSatisfying(
                            IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
        }
    }
}
