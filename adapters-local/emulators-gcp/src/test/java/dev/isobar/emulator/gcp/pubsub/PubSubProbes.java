package dev.isobar.emulator.gcp.pubsub;

import static dev.isobar.emulator.gcp.pubsub.Client.fresh;
import static dev.isobar.emulator.gcp.pubsub.Client.message;
import static dev.isobar.emulator.gcp.pubsub.Client.refused;
import static dev.isobar.emulator.gcp.pubsub.Client.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.CreateSnapshotRequest;
import com.google.pubsub.v1.DeadLetterPolicy;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.DeleteTopicRequest;
import com.google.pubsub.v1.ExpirationPolicy;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.GetTopicRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsRequest;
import com.google.pubsub.v1.ListTopicsRequest;
import com.google.pubsub.v1.ListTopicsResponse;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SeekRequest;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import com.google.pubsub.v1.UpdateSubscriptionRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What a client may expect of Pub/Sub, asked of whoever stands for it with the generated stubs. An emulator that is known to differ says so, and is held to how it
 * differs: a difference that goes away is found as well.
 */
abstract class PubSubProbes {
    /** How an emulator may differ from the service's documentation. */
    enum Difference {
        SEEK_TO_TIME_UNIMPLEMENTED,
        FILTERS_IGNORED,
        TAKES_WHAT_THE_SERVICE_REFUSES,
        EXACTLY_ONCE_WITHOUT_DETAILS,
        FLOW_CONTROL_IGNORED,
        DEAD_LETTERS_STAY
    }

    private Client client;

    abstract int port();

    abstract Set<Difference> differences();

    private boolean differs(Difference difference) {
        return differences().contains(difference);
    }

    @BeforeEach
    void connect() {
        client = new Client(port());
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    @DisplayName("a message comes as it was published, with an id and a publish time")
    void message_comes_back() {
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic));
        PubsubMessage sent = PubsubMessage.newBuilder()
                .setData(ByteString.copyFromUtf8("é中🚀"))
                .putAttributes("a", "")
                .putAttributes("ü", "ö")
                .build();
        List<String> ids = client.publish(topic, sent, sent);
        assertThat(ids).hasSize(2).doesNotHaveDuplicates();
        List<ReceivedMessage> got = client.pullAll(subscription, 2);
        assertThat(got).extracting(m -> m.getMessage().getMessageId()).containsExactlyInAnyOrderElementsOf(ids);
        for (ReceivedMessage each : got) {
            assertThat(each.getMessage().getData()).isEqualTo(sent.getData());
            assertThat(each.getMessage().getAttributesMap()).isEqualTo(sent.getAttributesMap());
            assertThat(Timestamps.toMillis(each.getMessage().getPublishTime())).isPositive();
        }
        client.ack(subscription, got);
        assertThat(client.pull(subscription, 1)).isEmpty();
    }

    @Test
    @DisplayName("names, labels, sizes and settings outside the documented bounds are refused")
    void bounds() {
        String topic = client.topic();
        Map<String, ThrowingCallable> wrong = new LinkedHashMap<>();
        wrong.put("short name", () -> create("ab"));
        wrong.put("digit first", () -> create("1ab"));
        wrong.put("goog", () -> create("googly"));
        wrong.put("slash", () -> create("a/b/c"));
        wrong.put(
                "label",
                () -> client.topics.createTopic(Topic.newBuilder()
                        .setName(fresh("topics"))
                        .putLabels("Upper", "x")
                        .build()));
        wrong.put(
                "retention",
                () -> client.topics.createTopic(Topic.newBuilder()
                        .setName(fresh("topics"))
                        .setMessageRetentionDuration(Durations.fromMinutes(5))
                        .build()));
        wrong.put("no messages", () -> client.publish(topic));
        wrong.put("empty message", () -> client.publish(topic, PubsubMessage.getDefaultInstance()));
        wrong.put("1001 messages", () -> {
            PublishRequest.Builder many = PublishRequest.newBuilder().setTopic(topic);
            for (int i = 0; i <= 1_000; i++) {
                many.addMessages(message("", "m"));
            }
            client.topics.publish(many.build());
        });
        wrong.put(
                "over 10 MB",
                () -> client.publish(
                        topic,
                        PubsubMessage.newBuilder()
                                .setData(ByteString.copyFrom(new byte[10_000_001]))
                                .build()));
        wrong.put("attribute's key", () -> client.publish(topic, attribute("k".repeat(257), "v")));
        wrong.put("attribute's value", () -> client.publish(topic, attribute("k", "v".repeat(1_025))));
        wrong.put("goog attribute", () -> client.publish(topic, attribute("googa", "v")));
        wrong.put("two keys", () -> client.publish(topic, message("a", "1"), message("b", "2")));
        wrong.put("long key", () -> client.publish(topic, message("k".repeat(1_025), "1")));
        wrong.put("ack deadline", () -> client.subscription(client.asked(topic).setAckDeadlineSeconds(9)));
        wrong.put("filter", () -> client.subscription(client.asked(topic).setFilter("attributes.a ==")));
        wrong.put(
                "mixed filter",
                () -> client.subscription(
                        client.asked(topic).setFilter("attributes:a AND attributes:b OR attributes:c")));
        wrong.put(
                "expiry",
                () -> client.subscription(client.asked(topic)
                        .setExpirationPolicy(ExpirationPolicy.newBuilder().setTtl(Durations.fromHours(1)))));
        wrong.put(
                "attempts",
                () -> client.subscription(client.asked(topic)
                        .setDeadLetterPolicy(DeadLetterPolicy.newBuilder()
                                .setDeadLetterTopic(topic)
                                .setMaxDeliveryAttempts(4))));
        List<String> taken = new ArrayList<>();
        wrong.forEach((what, call) -> {
            StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
            if (e == null || e.getStatus().getCode() != Code.INVALID_ARGUMENT) {
                taken.add(what + (e == null ? "" : " " + e.getStatus().getCode()));
            }
        });
        System.out.println(getClass().getSimpleName() + " did not refuse as the service does: " + taken);
        if (differs(Difference.TAKES_WHAT_THE_SERVICE_REFUSES)) {
            assertThat(taken).isNotEmpty();
        } else {
            assertThat(taken).isEmpty();
        }
    }

    private void create(String id) {
        client.topics.createTopic(
                Topic.newBuilder().setName(Client.PROJECT + "/topics/" + id).build());
    }

    private static PubsubMessage attribute(String key, String value) {
        return PubsubMessage.newBuilder().putAttributes(key, value).build();
    }

    @Test
    @DisplayName("what exists is not made twice, what does not exist is not found")
    void existence() {
        String topic = client.topic();
        Subscription.Builder asked = client.asked(topic);
        client.subscription(asked);
        refused(Code.ALREADY_EXISTS, () -> client.subscription(asked));
        refused(
                Code.ALREADY_EXISTS,
                () -> client.topics.createTopic(
                        Topic.newBuilder().setName(topic).build()));
        refused(Code.NOT_FOUND, () -> client.publish(fresh("topics"), message("", "x")));
        refused(Code.NOT_FOUND, () -> client.pull(fresh("subscriptions"), 1));
        refused(Code.NOT_FOUND, () -> client.subscription(client.asked(fresh("topics"))));
        refused(
                Code.NOT_FOUND,
                () -> client.topics.getTopic(
                        GetTopicRequest.newBuilder().setTopic(fresh("topics")).build()));
    }

    @Test
    @DisplayName("topics are listed in pages, each once; a deleted topic's subscriptions stay and say so")
    void lists_and_deletion() {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            made.add(client.topic());
        }
        List<String> listed = new ArrayList<>();
        String token = "";
        do {
            ListTopicsResponse page = client.topics.listTopics(ListTopicsRequest.newBuilder()
                    .setProject(Client.PROJECT)
                    .setPageSize(2)
                    .setPageToken(token)
                    .build());
            assertThat(page.getTopicsCount()).isLessThanOrEqualTo(2);
            page.getTopicsList().forEach(t -> listed.add(t.getName()));
            token = page.getNextPageToken();
        } while (!token.isEmpty());
        assertThat(listed).containsAll(made).doesNotHaveDuplicates();

        String subscription = client.subscription(client.asked(made.get(0)));
        assertThat(client.topics
                        .listTopicSubscriptions(ListTopicSubscriptionsRequest.newBuilder()
                                .setTopic(made.get(0))
                                .build())
                        .getSubscriptionsList())
                .containsExactly(subscription);
        client.publish(made.get(0), message("", "kept"));
        client.topics.deleteTopic(
                DeleteTopicRequest.newBuilder().setTopic(made.get(0)).build());
        assertThat(client.subscriptions
                        .getSubscription(GetSubscriptionRequest.newBuilder()
                                .setSubscription(subscription)
                                .build())
                        .getTopic())
                .isEqualTo("_deleted-topic_");
    }

    @Test
    @DisplayName("a refused message comes again; a subscription made later does not get what was published before")
    void nack() {
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic));
        client.publish(topic, message("", "one"));
        String later = client.subscription(client.asked(topic));
        ReceivedMessage first = client.pullAll(subscription, 1).get(0);
        client.modify(subscription, first, 0);
        List<ReceivedMessage> again = client.pullAll(subscription, 1);
        assertThat(texts(again)).containsExactly("one");
        assertThat(again.get(0).getMessage().getMessageId())
                .isEqualTo(first.getMessage().getMessageId());
        assertThat(client.pull(later, 1)).isEmpty();
    }

    @Test
    @DisplayName("a stream delivers a key's messages in order, also while earlier ones are unacknowledged")
    void ordered() throws Exception {
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic).setEnableMessageOrdering(true));
        for (int i = 0; i < 100; i += 10) {
            client.publish(topic, "a", i, i + 10);
            client.publish(topic, "b", i, i + 10);
        }
        try (Client.Stream stream = client.open(subscription, 0)) {
            List<String> got = texts(stream.take(200));
            for (String key : List.of("a", "b")) {
                List<String> expected = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    expected.add(key + i);
                }
                assertThat(got.stream().filter(t -> t.startsWith(key))).containsExactlyElementsOf(expected);
            }
        }
    }

    @Test
    @DisplayName("a message of a key that is refused comes again with all that followed it, acknowledged ones too")
    void ordered_redelivery() throws Exception {
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic).setEnableMessageOrdering(true));
        client.publish(topic, "a", 0, 6);
        try (Client.Stream stream = client.open(subscription, 0)) {
            List<ReceivedMessage> first = stream.take(6);
            stream.ack(List.of(first.get(0), first.get(1), first.get(4)));
            stream.nack(first.get(2));
            assertThat(texts(stream.take(4))).containsExactly("a2", "a3", "a4", "a5");
        }
    }

    @Test
    @DisplayName("a pull gets nothing of a key of which an earlier pull still holds something")
    void pulls_of_a_key() {
        String topic = client.topic();
        String subscription = client.subscription(
                client.asked(topic).setEnableMessageOrdering(true).setAckDeadlineSeconds(60));
        client.publish(topic, "a", 0, 4);
        List<ReceivedMessage> first = client.pull(subscription, 2);
        assertThat(texts(first)).containsExactly("a0", "a1");
        List<ReceivedMessage> second = client.pull(subscription, 2);
        assertThat(second).isEmpty();
        client.ack(subscription, first);
        assertThat(texts(client.pullAll(subscription, 2))).containsExactly("a2", "a3");
    }

    @Test
    @DisplayName("a stream gets no more than it has room for until it acknowledges")
    void flow_control() throws Exception {
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic));
        for (int i = 0; i < 20; i++) {
            client.publish(topic, message("", "m" + i));
        }
        try (Client.Stream stream = client.open(subscription, 5)) {
            List<ReceivedMessage> first = stream.take(5);
            boolean quiet = stream.isQuiet(Duration.ofMillis(300));
            if (differs(Difference.FLOW_CONTROL_IGNORED)) {
                assertThat(quiet).isFalse();
                return;
            }
            assertThat(quiet).isTrue();
            stream.ack(first);
            stream.ack(stream.take(5));
            stream.ack(stream.take(5));
            assertThat(stream.take(5)).hasSize(5);
        }
    }

    @Test
    @DisplayName("a stream's first request names the subscription and a deadline, later ones must not")
    void stream_rules() throws Exception {
        String subscription = client.subscription(client.asked(client.topic()));
        if (differs(Difference.TAKES_WHAT_THE_SERVICE_REFUSES)) {
            return;
        }
        try (Client.Stream stream = client.new Stream(StreamingPullRequest.newBuilder()
                .setSubscription(subscription)
                .setStreamAckDeadlineSeconds(5)
                .build())) {
            assertThat(stream.errors.poll(Client.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT));
        }
        try (Client.Stream stream = client.open(subscription, 5)) {
            stream.send(StreamingPullRequest.newBuilder()
                    .setSubscription(subscription)
                    .build());
            assertThat(stream.errors.poll(Client.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isNotNull();
        }
        try (Client.Stream stream = client.open(subscription, 5)) {
            client.subscriptions.deleteSubscription(DeleteSubscriptionRequest.newBuilder()
                    .setSubscription(subscription)
                    .build());
            assertThat(stream.errors.poll(Client.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.NOT_FOUND));
        }
    }

    @Test
    @DisplayName("a filter is evaluated, and cannot be changed")
    void filter() {
        String topic = client.topic();
        Map<String, List<String>> expected = new LinkedHashMap<>();
        expected.put("attributes:a", List.of("ax", "ay", "axbz"));
        expected.put("attributes.a = \"x\"", List.of("ax", "axbz"));
        expected.put("attributes.a != \"x\"", List.of("ay", "bz", "none"));
        expected.put("NOT attributes:a", List.of("bz", "none"));
        expected.put("-attributes:a AND attributes:b", List.of("bz"));
        expected.put("hasPrefix(attributes.b, \"z\") OR (attributes.a=\"y\")", List.of("ay", "bz", "axbz"));
        Map<String, String> subscriptions = new LinkedHashMap<>();
        expected.keySet()
                .forEach(f -> subscriptions.put(
                        f, client.subscription(client.asked(topic).setFilter(f))));
        client.publish(topic, attributes("ax", Map.of("a", "x")));
        client.publish(topic, attributes("ay", Map.of("a", "y")));
        client.publish(topic, attributes("bz", Map.of("b", "zz")));
        client.publish(topic, attributes("axbz", Map.of("a", "x", "b", "z")));
        client.publish(topic, attributes("none", Map.of()));
        boolean ignored = differs(Difference.FILTERS_IGNORED);
        expected.forEach((filter, texts) -> {
            String subscription = subscriptions.getOrDefault(filter, "");
            List<ReceivedMessage> got = client.pullAll(subscription, 5);
            assertThat(texts(got)).as(filter).hasSize(ignored ? 5 : texts.size());
            if (!ignored) {
                assertThat(texts(got)).as(filter).containsExactlyInAnyOrderElementsOf(texts);
            }
        });
        refused(
                Code.INVALID_ARGUMENT,
                () -> client.subscriptions.updateSubscription(UpdateSubscriptionRequest.newBuilder()
                        .setSubscription(Subscription.newBuilder()
                                .setName(subscriptions.getOrDefault("attributes:a", ""))
                                .setFilter("attributes:b"))
                        .setUpdateMask(FieldMask.newBuilder().addPaths("filter"))
                        .build()));
    }

    private static PubsubMessage attributes(String data, Map<String, String> attributes) {
        return message("", data).toBuilder().putAllAttributes(attributes).build();
    }

    @Test
    @DisplayName("with exactly-once delivery an acknowledgement counts once, and it is said when it does not")
    void exactly_once() throws Exception {
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic).setEnableExactlyOnceDelivery(true));
        client.publish(topic, message("", "one"));
        ReceivedMessage one = client.pullAll(subscription, 1).get(0);
        client.ack(subscription, List.of(one));
        if (differs(Difference.EXACTLY_ONCE_WITHOUT_DETAILS)) {
            refused(Code.INVALID_ARGUMENT, () -> client.ack(subscription, List.of(one)));
            return;
        }
        StatusRuntimeException e =
                catchThrowableOfType(StatusRuntimeException.class, () -> client.ack(subscription, List.of(one)));
        assertThat(e.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
        assertThat(StatusProto.fromThrowable(e).getDetails(0).unpack(ErrorInfo.class))
                .satisfies(info -> assertThat(info.getMetadataMap())
                        .containsEntry(one.getAckId(), "PERMANENT_FAILURE_INVALID_ACK_ID"));
        try (Client.Stream stream = client.open(subscription, 10)) {
            client.publish(topic, message("", "two"));
            ReceivedMessage two = stream.take(1).get(0);
            stream.responses.clear();
            stream.ack(List.of(two, one));
            var confirmed = stream.responses.poll(Client.PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(confirmed.getAcknowledgeConfirmation().getAckIdsList()).containsExactly(two.getAckId());
            assertThat(confirmed.getAcknowledgeConfirmation().getInvalidAckIdsList())
                    .containsExactly(one.getAckId());
        }
    }

    @Test
    @DisplayName("an acknowledgement id that never was one is refused")
    void ack_ids() {
        String subscription = client.subscription(client.asked(client.topic()));
        if (differs(Difference.TAKES_WHAT_THE_SERVICE_REFUSES)) {
            return;
        }
        refused(
                Code.INVALID_ARGUMENT,
                () -> client.subscriptions.acknowledge(AcknowledgeRequest.newBuilder()
                        .setSubscription(subscription)
                        .addAckIds("no such thing")
                        .build()));
    }

    @Test
    @DisplayName("a new subscription goes back in time as far as the topic retains")
    void seek_on_a_retaining_topic() {
        String topic = client.retainingTopic();
        String probe = client.subscription(client.asked(topic));
        client.publish(topic, "a", 0, 3);
        long between = client.pullAll(probe, 3).stream()
                .mapToLong(m -> Timestamps.toMicros(m.getMessage().getPublishTime()))
                .max()
                .orElseThrow();
        await().until(() -> Ticker.SYSTEM.micros() > between + 2_000);
        client.publish(topic, "a", 3, 6);
        String subscription = client.subscription(client.asked(topic).setEnableMessageOrdering(true));
        if (differs(Difference.SEEK_TO_TIME_UNIMPLEMENTED)) {
            refused(Code.UNIMPLEMENTED, () -> client.seek(subscription, between + 1));
            return;
        }
        client.seek(subscription, between + 1);
        assertThat(texts(client.pullAll(subscription, 6))).containsExactly("a3", "a4", "a5");
    }

    @Test
    @DisplayName("a snapshot brings back what was unacknowledged, and all that came since")
    void snapshots() {
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic));
        client.publish(topic, message("", "acked"));
        client.ack(subscription, client.pullAll(subscription, 1));
        client.publish(topic, message("", "backlog"));
        String snapshot = fresh("snapshots");
        client.subscriptions.createSnapshot(CreateSnapshotRequest.newBuilder()
                .setName(snapshot)
                .setSubscription(subscription)
                .build());
        client.publish(topic, message("", "since"));
        client.ack(subscription, client.pullAll(subscription, 2));
        assertThat(client.pull(subscription, 1)).isEmpty();
        ThrowingCallable seek = () -> client.subscriptions.seek(SeekRequest.newBuilder()
                .setSubscription(subscription)
                .setSnapshot(snapshot)
                .build());
        assertThatCode(seek).doesNotThrowAnyException();
        assertThat(texts(client.pullAll(subscription, 3))).containsExactlyInAnyOrder("backlog", "since");
    }

    @Test
    @DisplayName("a message that is refused too often goes to the dead-letter topic, with where it came from")
    void dead_letters() {
        String dead = client.topic();
        String deadSubscription = client.subscription(client.asked(dead));
        String topic = client.topic();
        String subscription = client.subscription(client.asked(topic)
                .setDeadLetterPolicy(
                        DeadLetterPolicy.newBuilder().setDeadLetterTopic(dead).setMaxDeliveryAttempts(5)));
        client.publish(topic, message("", "bad"));
        for (int attempt = 1; attempt <= 5; attempt++) {
            List<ReceivedMessage> got = client.pullAll(subscription, 1);
            assertThat(got).hasSize(1);
            assertThat(got.get(0).getDeliveryAttempt()).isEqualTo(attempt);
            client.modify(subscription, got.get(0), 0);
        }
        if (differs(Difference.DEAD_LETTERS_STAY)) {
            assertThat(client.pull(deadSubscription, 1)).isEmpty();
            return;
        }
        List<ReceivedMessage> letters = client.pullAll(deadSubscription, 1);
        assertThat(texts(letters)).containsExactly("bad");
        assertThat(letters.get(0).getMessage().getAttributesMap())
                .containsEntry(
                        "CloudPubSubDeadLetterSourceSubscription",
                        subscription.substring(subscription.lastIndexOf('/') + 1))
                .containsEntry("CloudPubSubDeadLetterSourceDeliveryCount", "5");
    }
}
