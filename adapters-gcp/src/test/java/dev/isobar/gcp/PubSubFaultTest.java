package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.pubsub.v1.StreamingPullResponse;
import dev.isobar.emulator.gcp.pubsub.PubSubEmulator;
import dev.isobar.emulator.gcp.pubsub.Ticker;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.AppendResult;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.spi.AdapterSession;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The event stream on Pub/Sub while calls fail, answers are lost, streams break and messages come again and again. */
@Timeout(60)
class PubSubFaultTest {
    private static final Duration WAIT = Duration.ofMillis(20);

    private final PubSubFaults faults = new PubSubFaults();
    private final Delivered delivered = new Delivered();
    private PubSubEmulator pubsub;
    private EmulatorServer storage;
    private Map<String, String> settings;
    private AdapterSession session;
    private EventStream stream;

    @BeforeEach
    void start(@TempDir Path home) throws Exception {
        pubsub = PubSubEmulator.start(home.resolve("pubsub"), 0, Ticker.SYSTEM, List.of(faults, delivered));
        storage = EmulatorServer.start(0, GcpPlatform.lake(home));
        settings = new HashMap<>(Map.of(
                "endpoint.pubsub",
                pubsub.endpoint(),
                "endpoint.storage",
                storage.uri().toString(),
                "retry.total",
                "20s"));
        session = new GcpPlatform(settings).open();
        stream = session.port(EventStream.class);
    }

    @AfterEach
    void stop() {
        faults.quiet();
        session.close();
        pubsub.close();
        storage.close();
    }

    private static Event event(int i, int keys) {
        return Event.insert("e" + i, "key" + i % keys, i, i, "s", ("payload " + i).getBytes(StandardCharsets.UTF_8));
    }

    private static List<Event> events(int from, int to, int keys) {
        List<Event> events = new ArrayList<>();
        for (int i = from; i < to; i++) {
            events.add(event(i, keys));
        }
        return events;
    }

    /** Each once, and each key's in order. */
    private static void complete(List<Delivery> all, int count) {
        assertThat(all).extracting(Delivery::id).doesNotHaveDuplicates().hasSize(count);
        Map<String, Long> last = new HashMap<>();
        for (Delivery d : all) {
            assertThat(last.getOrDefault(d.key(), -1L)).as(d.id()).isLessThan(d.eventTime());
            last.put(d.key(), d.eventTime());
        }
    }

    private static List<Delivery> rest(EventReader reader) {
        List<Delivery> all = new ArrayList<>();
        for (List<Delivery> some = reader.poll(100, WAIT); !some.isEmpty(); some = reader.poll(100, WAIT)) {
            all.addAll(some);
        }
        return all;
    }

    private static Map<Integer, List<String>> byPartition(List<Delivery> all) {
        Map<Integer, List<String>> ids = new HashMap<>();
        all.forEach(d -> ids.computeIfAbsent(d.partition(), p -> new ArrayList<>())
                .add(d.partition() + "/" + d.position().token()));
        return ids;
    }

    @Test
    @DisplayName(
            "appends whose calls fail or whose answers are lost store everything, and a reader sees each event once, in order, at the same places each time")
    void lost_answers_to_publish() {
        stream.create("s", 3);
        faults.disturb(0.5, "Publish");
        for (int i = 0; i < 300; i += 20) {
            assertThat(stream.append(new AppendRequest("s", "w", i, events(i, i + 20, 11))))
                    .isEqualTo(new AppendResult(20, 20, Map.of()));
        }
        System.out.println("seed " + PubSubFaults.SEED + ": " + faults);
        assertThat(faults.lost()).isPositive();
        faults.quiet();
        List<Delivery> all;
        try (EventReader reader = stream.read(new ReadRequest("s", "g", new Start.Earliest()))) {
            all = rest(reader);
        }
        complete(all, 300);
        Map<Integer, List<String>> whole = byPartition(all);
        List<Delivery> one = all.stream()
                .filter(d -> d.partition() == all.get(0).partition())
                .toList();
        Delivery middle = one.get(one.size() / 2);
        try (EventReader reader = stream.read(
                new ReadRequest("s", "g", new Start.After(Map.of(middle.partition(), middle.position()))))) {
            Map<Integer, List<String>> behind = byPartition(rest(reader));
            List<String> mine = whole.get(middle.partition());
            int at = mine.indexOf(middle.partition() + "/" + middle.position().token());
            assertThat(behind.get(middle.partition())).isEqualTo(mine.subList(at + 1, mine.size()));
        }
    }

    @Test
    @DisplayName(
            "a reader whose streams break and whose acknowledgements fail or are lost sees each event once, in order")
    void broken_streams() {
        stream.create("s", 3);
        for (int i = 0; i < 1_000; i += 50) {
            stream.append(new AppendRequest("s", "w", i, events(i, i + 50, 17)));
        }
        faults.disturb(0.15, "StreamingPull", "Acknowledge", "ModifyAckDeadline", "CreateSubscription", "Seek");
        try (EventReader reader = stream.read(new ReadRequest("s", "g", new Start.Earliest()))) {
            List<Delivery> all = rest(reader);
            for (int i = 1_000; i < 1_400; i += 20) {
                stream.append(new AppendRequest("s", "w", i, events(i, i + 20, 17)));
                all.addAll(reader.poll(1_000, WAIT));
            }
            all.addAll(rest(reader));
            System.out.println("seed " + PubSubFaults.SEED + ": " + faults);
            assertThat(faults.broken()).isPositive();
            complete(all, 1_400);
            faults.quiet();
        }
    }

    @Test
    @DisplayName("a storm of redeliveries, every message at least three times, shows each event once, in order")
    void storm() {
        stream.create("s", 4);
        for (int i = 0; i < 800; i += 100) {
            stream.append(new AppendRequest("s", "w", i, events(i, i + 100, 23)));
        }
        try (EventReader reader = stream.read(new ReadRequest("s", "g", new Start.Earliest()))) {
            List<Delivery> all = new ArrayList<>(reader.poll(10, Duration.ofSeconds(10)));
            Set<Integer> partitions = new HashSet<>();
            while (all.size() < 800) {
                pubsub.redeliverAll();
                pubsub.redeliverAll();
                List<Delivery> some = reader.poll(40, Duration.ofSeconds(5));
                some.forEach(d -> partitions.add(d.partition()));
                assertThat(some).isNotEmpty();
                all.addAll(some);
            }
            pubsub.redeliverAll();
            all.addAll(rest(reader));
            assertThat(partitions).hasSizeGreaterThan(1);
            complete(all, 800);
        }
    }

    @Test
    @DisplayName("the same with exactly-once delivery, acknowledgements confirmed")
    void exactly_once() {
        settings.put("pubsub.exactly-once", "true");
        try (AdapterSession once = new GcpPlatform(settings).open()) {
            EventStream mine = once.port(EventStream.class);
            mine.create("s", 2);
            faults.disturb(0.1, "Acknowledge", "StreamingPull");
            for (int i = 0; i < 300; i += 50) {
                mine.append(new AppendRequest("s", "w", i, events(i, i + 50, 7)));
            }
            try (EventReader reader = mine.read(new ReadRequest("s", "g", new Start.Earliest()))) {
                complete(rest(reader), 300);
                faults.quiet();
            }
        }
    }

    @Test
    @DisplayName("a publish that fails for good says so with its code, and the key is free for the next append")
    void failing_publish() {
        settings.put("retry.total", "2s");
        try (AdapterSession impatient = new GcpPlatform(settings).open()) {
            EventStream mine = impatient.port(EventStream.class);
            mine.create("s", 1);
            for (Map.Entry<Status, ErrorCode> each : Map.of(
                            Status.UNAVAILABLE, ErrorCode.UNAVAILABLE,
                            Status.RESOURCE_EXHAUSTED, ErrorCode.THROTTLED,
                            Status.PERMISSION_DENIED, ErrorCode.PERMISSION_DENIED)
                    .entrySet()) {
                faults.refuse("Publish", each.getKey());
                IsobarException e = Assertions.catchThrowableOfType(
                        IsobarException.class, () -> mine.append(new AppendRequest("s", "w", 0, events(0, 5, 2))));
                assertThat(e.code()).isEqualTo(each.getValue());
                assertThat(e.hint()).isNotBlank();
            }
            faults.refuse("Publish", Status.OK);
            assertThat(mine.append(new AppendRequest("s", "w", 0, events(0, 5, 2)))
                            .stored())
                    .isEqualTo(5);
            try (EventReader reader = mine.read(new ReadRequest("s", "g", new Start.Earliest()))) {
                complete(rest(reader), 5);
            }
        }
    }

    @Test
    @DisplayName(
            "nothing of a partition is stored behind a request that failed, also if its answer comes while the append goes on")
    void nothing_behind_a_failure() {
        stream.create("s", 1);
        List<Event> many = events(0, 60_000, 11);
        faults.refuseOnce("Publish", Status.PERMISSION_DENIED);
        Assertions.assertThatThrownBy(() -> stream.append(new AppendRequest("s", "w", 0, many)))
                .isInstanceOfSatisfying(
                        IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED));
        try (EventReader reader = stream.read(new ReadRequest("s", "g", new Start.Earliest()))) {
            assertThat(rest(reader)).isEmpty();
        }
    }

    @Test
    @Tag("slow")
    @Timeout(180)
    @DisplayName("what a reader that pauses for longer than a deadline has not come to is not delivered again")
    void paused_reader() throws Exception {
        stream.create("s", 2);
        stream.append(new AppendRequest("s", "w", 0, events(0, 4_000, 11)));
        try (EventReader reader = stream.read(new ReadRequest("s", "g", new Start.Earliest()))) {
            List<Delivery> all = new ArrayList<>(reader.poll(1, Duration.ofSeconds(10)));
            // Longer than the deadline of 60 s and one extension more: the client's timer goes by the real clock.
            Thread.sleep(100_000);
            all.addAll(rest(reader));
            complete(all, 4_000);
        }
        assertThat(delivered.ids).hasSizeGreaterThanOrEqualTo(4_000).doesNotHaveDuplicates();
    }

    /** What the streams bring. */
    private static final class Delivered implements ServerInterceptor {
        private final Queue<String> ids = new ConcurrentLinkedQueue<>();

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            return next.startCall(
                    new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                        @Override
                        public void sendMessage(A message) {
                            if (message instanceof StreamingPullResponse some) {
                                some.getReceivedMessagesList()
                                        .forEach(m -> ids.add(m.getMessage().getMessageId()));
                            }
                            super.sendMessage(message);
                        }
                    },
                    headers);
        }
    }

    @Test
    @DisplayName("who takes a group ends the one who had it: its commits and its reader are fenced")
    void fenced() {
        stream.create("s", 2);
        stream.append(new AppendRequest("s", "w", 0, events(0, 20, 5)));
        try (AdapterSession second = new GcpPlatform(settings).open();
                EventReader first = stream.read(new ReadRequest("s", "g", new Start.Committed()))) {
            List<Delivery> all = rest(first);
            complete(all, 20);
            stream.commit("s", "g", all.get(0).partition(), all.get(0).position());
            EventStream mine = second.port(EventStream.class);
            try (EventReader next = mine.read(new ReadRequest("s", "g", new Start.Committed()))) {
                assertThat(rest(next)).hasSize(19);
                IsobarException late = Assertions.catchThrowableOfType(
                        IsobarException.class,
                        () -> stream.commit(
                                "s", "g", all.get(19).partition(), all.get(19).position()));
                assertThat(late.code()).isEqualTo(ErrorCode.FENCED);
                IsobarException reading = Assertions.catchThrowableOfType(
                        IsobarException.class, () -> first.poll(1, Duration.ofSeconds(30)));
                assertThat(reading.code()).isEqualTo(ErrorCode.FENCED);
            }
        }
    }
}
