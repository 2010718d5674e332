package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import dev.isobar.emulator.gcp.pubsub.PubSubEmulator;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.gcp.pubsub.PubSubEventStream;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.spi.AdapterSession;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A message on a stream's topic that is no event of Isobar")
@Timeout(60)
class PubSubDeadLetterTest {
    private static final String PROJECT = "projects/" + GcpPlatform.PROJECT;
    private static final String DEAD = PROJECT + "/topics/dead";
    private static final String LETTERS = PROJECT + "/subscriptions/letters";
    private static final String TOPIC = PROJECT + "/topics/isobar.s";

    private PubSubEmulator pubsub;
    private EmulatorServer storage;
    private ManagedChannel channel;
    private Map<String, String> settings;

    @BeforeEach
    void start(@TempDir Path home) throws Exception {
        pubsub = PubSubEmulator.start(home.resolve("pubsub"), 0);
        storage = EmulatorServer.start(0, GcpPlatform.lake(home));
        channel = NettyChannelBuilder.forAddress("127.0.0.1", pubsub.port())
                .usePlaintext()
                .build();
        settings = new HashMap<>(Map.of(
                "endpoint.pubsub",
                pubsub.endpoint(),
                "endpoint.storage",
                storage.uri().toString(),
                "pubsub.dead-letter-topic",
                "dead"));
        PublisherGrpc.newBlockingStub(channel)
                .createTopic(Topic.newBuilder().setName(DEAD).build());
        SubscriberGrpc.newBlockingStub(channel)
                .createSubscription(Subscription.newBuilder()
                        .setName(LETTERS)
                        .setTopic(DEAD)
                        .build());
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        pubsub.close();
        storage.close();
    }

    private void publish(PubsubMessage.Builder message) {
        PublisherGrpc.newBlockingStub(channel)
                .publish(PublishRequest.newBuilder()
                        .setTopic(TOPIC)
                        .addMessages(message)
                        .build());
    }

    private static PubsubMessage.Builder message(String key, String data) {
        return PubsubMessage.newBuilder().setOrderingKey(key).setData(ByteString.copyFromUtf8(data));
    }

    private static void append(EventStream stream, int from, int to) {
        List<Event> events = new ArrayList<>();
        for (int i = from; i < to; i++) {
            events.add(Event.insert("e" + i, "key" + i % 5, i, i, "s", new byte[9]));
        }
        stream.append(new AppendRequest("s", "w", from, events));
    }

    private static List<Delivery> all(EventStream stream, String group) {
        List<Delivery> all = new ArrayList<>();
        try (EventReader reader = stream.read(new ReadRequest("s", group, new Start.Earliest()))) {
            for (List<Delivery> some = reader.poll(7, Duration.ofMillis(20));
                    !some.isEmpty();
                    some = reader.poll(7, Duration.ofMillis(20))) {
                all.addAll(some);
            }
        }
        return all;
    }

    /** By the reason's first words. */
    private List<PubsubMessage> letters() {
        SubscriberGrpc.SubscriberBlockingStub stub = SubscriberGrpc.newBlockingStub(channel);
        List<PubsubMessage> letters = new ArrayList<>();
        List<ReceivedMessage> some;
        do {
            // Answered at once, although the word is out of use: nothing more is on its way.
            PullRequest.Builder pull =
                    PullRequest.newBuilder().setSubscription(LETTERS).setMaxMessages(100);
            some = stub.pull(pull.setField(
                                    PullRequest.getDescriptor()
                                            .findFieldByNumber(PullRequest.RETURN_IMMEDIATELY_FIELD_NUMBER),
                                    true)
                            .build())
                    .getReceivedMessagesList();
            some.forEach(m -> letters.add(m.getMessage()));
        } while (!some.isEmpty());
        return letters;
    }

    private static PubsubMessage about(List<PubsubMessage> letters, String reason) {
        return letters.stream()
                .filter(l -> l.getAttributesOrDefault("isobar_reason", "").contains(reason))
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName(
            "is put aside once with its reason, place, attributes and bytes if it cannot be shown, whoever reads and however often it comes; nothing waits behind it")
    void aside() throws InvalidProtocolBufferException {
        try (AdapterSession session = new GcpPlatform(settings).open()) {
            EventStream stream = session.port(EventStream.class);
            stream.create("s", 2);
            append(stream, 0, 20);
            publish(message("", "no key").putAttributes("from", "somebody"));
            publish(message("p9", "no such partition"));
            publish(message("p0", "ISO\u0001 and then not what an envelope is made of"));
            PubsubMessage.Builder many = message("p9", "a hundred attributes");
            for (int i = 0; i < 100; i++) {
                many.putAttributes("a" + i, "v");
            }
            publish(many);
            append(stream, 20, 40);
            pubsub.deliverAtLeast(3);
            assertThat(all(stream, "g"))
                    .extracting(Delivery::id)
                    .doesNotHaveDuplicates()
                    .hasSize(40);
            assertThat(all(stream, "h")).hasSize(40);
            List<PubsubMessage> letters = letters();
            assertThat(letters)
                    .extracting(l -> l.getAttributesOrDefault("isobar_message_id", ""))
                    .doesNotHaveDuplicates()
                    .hasSize(4);
            PubsubMessage keyless = about(letters, "ordering key ''");
            assertThat(keyless.getData().toStringUtf8()).isEqualTo("no key");
            assertThat(keyless.getAttributesMap())
                    .containsEntry("from", "somebody")
                    .containsEntry("isobar_stream", "s")
                    .containsKeys("isobar_published", "isobar_ordering_key");
            PubsubMessage damaged = about(letters, "does not match its checksum");
            assertThat(damaged.getData().toStringUtf8()).startsWith("ISO");
            assertThat(damaged.getAttributesMap()).containsEntry("isobar_ordering_key", "p0");
            PubsubMessage kept = letters.stream()
                    .filter(l -> l.containsAttributes("isobar_object"))
                    .findFirst()
                    .orElseThrow();
            assertThat(kept.getAttributesCount()).isLessThan(10);
            assertThat(((PubSubEventStream) stream).resources())
                    .filteredOn(r -> r.name().equals("s"))
                    .singleElement()
                    .satisfies(r -> assertThat(r.details()).containsEntry("dead_letters", "4"));
        }
    }

    @Test
    @DisplayName("is shown if it has a partition: its data is the payload, its id the id, Pub/Sub's time both times")
    void foreign() {
        try (AdapterSession session = new GcpPlatform(settings).open()) {
            EventStream stream = session.port(EventStream.class);
            stream.create("s", 2);
            append(stream, 0, 5);
            publish(message("p1", "{\"plain\": true}").putAttributes("x", "y"));
            pubsub.deliverAtLeast(3);
            List<Delivery> all = all(stream, "g");
            assertThat(all).hasSize(6);
            Delivery theirs = all.stream()
                    .filter(d -> !d.id().startsWith("e"))
                    .findFirst()
                    .orElseThrow();
            assertThat(theirs.partition()).isEqualTo(1);
            assertThat(theirs.key()).isEqualTo("p1");
            assertThat(new String(theirs.event().payload(), StandardCharsets.UTF_8))
                    .isEqualTo("{\"plain\": true}");
            assertThat(theirs.eventTime()).isPositive().isEqualTo(theirs.availableTime());
            assertThat(letters()).isEmpty();
        }
    }

    @Test
    @DisplayName("stops its reader with what to do, where no dead-letter topic is set or the topic is not there")
    void nowhere() {
        settings.remove("pubsub.dead-letter-topic");
        try (AdapterSession session = new GcpPlatform(settings).open()) {
            EventStream stream = session.port(EventStream.class);
            stream.create("s", 2);
            publish(message("p9", "no such partition"));
            IsobarException stopped = catchThrowableOfType(IsobarException.class, () -> all(stream, "g"));
            assertThat(stopped.code()).isEqualTo(ErrorCode.CORRUPT);
            assertThat(stopped.hint()).contains("pubsub.dead-letter-topic");
        }
        settings.put("pubsub.dead-letter-topic", "nowhere");
        try (AdapterSession session = new GcpPlatform(settings).open()) {
            IsobarException stopped =
                    catchThrowableOfType(IsobarException.class, () -> all(session.port(EventStream.class), "g"));
            assertThat(stopped.code()).isEqualTo(ErrorCode.NOT_FOUND);
            assertThat(stopped.getMessage()).contains("nowhere");
        }
    }
}
