package dev.isobar.emulator.gcp.pubsub;

import static dev.isobar.emulator.gcp.pubsub.Client.message;
import static dev.isobar.emulator.gcp.pubsub.Client.refused;
import static dev.isobar.emulator.gcp.pubsub.Client.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.util.Durations;
import com.google.pubsub.v1.ExpirationPolicy;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.RetryPolicy;
import com.google.pubsub.v1.StreamingPullRequest;
import io.grpc.Status.Code;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our emulator behaves as the service is documented to. */
class PubSubEmulatorTest extends PubSubProbes {
    private static PubSubEmulator emulator;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        emulator = PubSubEmulator.start(folder, 0);
    }

    @AfterAll
    static void stop() {
        emulator.close();
    }

    @Override
    int port() {
        return emulator.port();
    }

    @Override
    Set<Difference> differences() {
        return Set.of();
    }

    @Test
    @DisplayName(
            "in a storm every message comes at least so many times, each key's from the first to the last each time")
    void storm() {
        Client client = new Client(emulator.port());
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic).setEnableMessageOrdering(true));
        emulator.deliverAtLeast(3);
        try (client) {
            client.publish(topic, "a", 0, 4);
            client.publish(topic, "b", 0, 4);
            Map<String, Integer> times = new HashMap<>();
            Map<String, Integer> next = new HashMap<>();
            while (times.size() < 8 || times.values().stream().anyMatch(n -> n < 3)) {
                List<ReceivedMessage> some = client.pullAll(subscription, 1);
                assertThat(some).isNotEmpty();
                for (ReceivedMessage one : some) {
                    String text = one.getMessage().getData().toStringUtf8();
                    int number = Integer.parseInt(text.substring(1));
                    String key = one.getMessage().getOrderingKey();
                    // Again from some earlier one on, but none is passed over.
                    assertThat(number).isLessThanOrEqualTo(next.getOrDefault(key, 0));
                    next.put(key, number + 1);
                    times.merge(text, 1, Integer::sum);
                }
                client.ack(subscription, some);
            }
        } finally {
            emulator.deliverAtLeast(1);
        }
    }

    /** What takes the service seconds to weeks. */
    @Nested
    @DisplayName("by a clock that moves when it is told to")
    class ByTheClock {
        private final AtomicLong shift = new AtomicLong();
        private PubSubEmulator moving;
        private Client client;
        private Path folder;

        @BeforeEach
        void start(@TempDir Path home) throws IOException {
            folder = home.resolve("state");
            moving = opened(folder);
            client = new Client(moving.port());
        }

        private PubSubEmulator opened(Path at) throws IOException {
            return PubSubEmulator.start(at, 0, () -> Ticker.SYSTEM.micros() + shift.get(), List.of());
        }

        @AfterEach
        void stop() {
            client.close();
            moving.close();
        }

        private void pass(Duration time) {
            shift.addAndGet(TimeUnit.NANOSECONDS.toMicros(time.toNanos()));
        }

        @Test
        @DisplayName("an unacknowledged message comes again after its deadline, not before, and an extension moves it")
        void deadlines() {
            String topic = client.topic();
            String subscription = client.subscription(client.asked(topic).setAckDeadlineSeconds(30));
            client.publish(topic, message("", "one"));
            ReceivedMessage one = client.pullAll(subscription, 1).get(0);
            pass(Duration.ofSeconds(25));
            assertThat(client.pull(subscription, 1)).isEmpty();
            client.modify(subscription, one, 60);
            pass(Duration.ofSeconds(50));
            assertThat(client.pull(subscription, 1)).isEmpty();
            pass(Duration.ofSeconds(15));
            assertThat(texts(client.pullAll(subscription, 1))).containsExactly("one");
        }

        @Test
        @DisplayName("a key stays with a client that comes again, and with nobody else until its deadlines pass")
        void affinity() throws Exception {
            String topic = client.topic();
            String subscription = client.subscription(client.asked(topic).setEnableMessageOrdering(true));
            client.publish(topic, "a", 0, 2);
            StreamingPullRequest mine = StreamingPullRequest.newBuilder()
                    .setSubscription(subscription)
                    .setStreamAckDeadlineSeconds(10)
                    .setClientId("me")
                    .build();
            Client.Stream first = client.new Stream(mine);
            List<ReceivedMessage> held = first.take(2);
            first.end();
            try (Client.Stream other = client.open(subscription, 0);
                    Client.Stream again = client.new Stream(mine)) {
                client.publish(topic, "a", 2, 4);
                assertThat(texts(again.take(2))).containsExactly("a2", "a3");
                assertThat(other.isQuiet(Duration.ofMillis(200))).isTrue();
                again.ack(held);
                again.end();
                pass(Duration.ofSeconds(11));
                assertThat(texts(other.take(2))).containsExactly("a2", "a3");
            }
        }

        @Test
        @DisplayName("a retry policy makes a refused message wait, longer each time")
        void backoff() {
            String topic = client.topic();
            String subscription = client.subscription(client.asked(topic)
                    .setRetryPolicy(RetryPolicy.newBuilder()
                            .setMinimumBackoff(Durations.fromSeconds(10))
                            .setMaximumBackoff(Durations.fromSeconds(15))));
            client.publish(topic, message("", "one"));
            client.modify(subscription, client.pullAll(subscription, 1).get(0), 0);
            assertThat(client.pull(subscription, 1)).isEmpty();
            pass(Duration.ofSeconds(11));
            client.modify(subscription, client.pullAll(subscription, 1).get(0), 0);
            pass(Duration.ofSeconds(11));
            assertThat(client.pull(subscription, 1)).isEmpty();
            pass(Duration.ofSeconds(5));
            assertThat(client.pullAll(subscription, 1)).hasSize(1);
        }

        @Test
        @DisplayName(
                "acknowledged messages come back by a seek as long as the subscription retains them, unacknowledged ones go too")
        void retention() {
            String topic = client.topic();
            String subscription = client.subscription(client.asked(topic)
                    .setRetainAckedMessages(true)
                    .setMessageRetentionDuration(Durations.fromHours(1)));
            String forgetting = client.subscription(client.asked(topic));
            client.publish(topic, message("", "old"));
            client.ack(subscription, client.pullAll(subscription, 1));
            client.ack(forgetting, client.pullAll(forgetting, 1));
            pass(Duration.ofMinutes(50));
            client.publish(topic, message("", "new"));
            client.seek(subscription, 0);
            client.seek(forgetting, 0);
            assertThat(texts(client.pullAll(forgetting, 1))).containsExactly("new");
            assertThat(texts(client.pullAll(subscription, 2))).containsExactlyInAnyOrder("old", "new");
            pass(Duration.ofMinutes(20));
            client.seek(subscription, 0);
            assertThat(texts(client.pullAll(subscription, 2))).containsExactly("new");
            pass(Duration.ofHours(2));
            assertThat(client.pull(subscription, 1)).isEmpty();
        }

        @Test
        @DisplayName("a subscription that nobody uses expires, one with an open stream does not")
        void expiration() {
            String topic = client.topic();
            ExpirationPolicy aDay =
                    ExpirationPolicy.newBuilder().setTtl(Durations.fromDays(1)).build();
            String unused = client.subscription(client.asked(topic)
                    .setMessageRetentionDuration(Durations.fromHours(1))
                    .setExpirationPolicy(aDay));
            String used = client.subscription(client.asked(topic)
                    .setMessageRetentionDuration(Durations.fromHours(1))
                    .setExpirationPolicy(aDay));
            try (Client.Stream stream = client.open(used, 1)) {
                await().until(() -> !moving.streamsOf(used).isEmpty());
                pass(Duration.ofHours(25));
                await().untilAsserted(() -> refused(Code.NOT_FOUND, () -> get(unused)));
                get(used);
                assertThat(stream.errors).isEmpty();
            }
        }

        private void get(String subscription) {
            client.subscriptions.getSubscription(GetSubscriptionRequest.newBuilder()
                    .setSubscription(subscription)
                    .build());
        }

        @Test
        @DisplayName(
                "what was answered survives a kill: topics, messages, acknowledgements, a seek, a half-written record")
        void kill(@TempDir Path copies) throws IOException {
            String topic = client.retainingTopic();
            String subscription = client.subscription(client.asked(topic).setEnableMessageOrdering(true));
            String sought = client.subscription(client.asked(topic).setEnableMessageOrdering(true));
            client.publish(topic, "a", 0, 10);
            List<ReceivedMessage> got = client.pullAll(subscription, 4);
            client.ack(subscription, got);
            client.ack(sought, client.pullAll(sought, 10));
            client.seek(sought, 0);
            // The folder as a killed process leaves it: nothing was closed.
            Path left = copies.resolve("left");
            copy(folder, left);
            try (Stream<Path> files = Files.walk(left)) {
                Path messages =
                        files.filter(f -> f.endsWith("messages")).findFirst().orElseThrow();
                Files.write(messages, new byte[] {0, 0, 0, 99, 1, 2}, StandardOpenOption.APPEND);
            }
            try (PubSubEmulator again = opened(left);
                    Client second = new Client(again.port())) {
                assertThat(texts(second.pullAll(subscription, 6))).containsExactly("a4", "a5", "a6", "a7", "a8", "a9");
                assertThat(texts(second.pullAll(sought, 10))).hasSize(10).startsWith("a0", "a1");
                second.publish(topic, "a", 10, 11);
                String fresh = second.subscription(second.asked(topic).setEnableMessageOrdering(true));
                second.seek(fresh, 0);
                List<ReceivedMessage> all = second.pullAll(fresh, 11);
                assertThat(texts(all)).hasSize(11).endsWith("a10");
                assertThat(all).extracting(m -> m.getMessage().getMessageId()).doesNotHaveDuplicates();
            }
        }

        private static void copy(Path from, Path to) throws IOException {
            try (Stream<Path> files = Files.walk(from)) {
                files.forEach(file -> {
                    try {
                        Files.copy(file, to.resolve(from.relativize(file).toString()));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        }
    }
}
