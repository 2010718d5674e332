package dev.isobar.emulator.gcp.pubsub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SeekRequest;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.Topic;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** The generated stubs and nothing around them, so that also what a careful client would never send is sent. */
final class Client implements AutoCloseable {
    static final String PROJECT = "projects/isobar-test";
    static final long PATIENCE_SECONDS = 10;
    private static final int PULL_SECONDS = 3;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    final PublisherGrpc.PublisherBlockingStub topics;
    final SubscriberGrpc.SubscriberBlockingStub subscriptions;
    private final SubscriberGrpc.SubscriberStub streams;
    private final ManagedChannel channel;

    Client(int port) {
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .maxInboundMessageSize(32 << 20)
                .build();
        topics = PublisherGrpc.newBlockingStub(channel);
        subscriptions = SubscriberGrpc.newBlockingStub(channel);
        streams = SubscriberGrpc.newStub(channel);
    }

    static String fresh(String kind) {
        return PROJECT + "/" + kind + "/x" + NUMBER.incrementAndGet() + "-"
                + UUID.randomUUID().toString().substring(0, 8);
    }

    String topic() {
        return topics.createTopic(Topic.newBuilder().setName(fresh("topics")).build())
                .getName();
    }

    String retainingTopic() {
        return topics.createTopic(Topic.newBuilder()
                        .setName(fresh("topics"))
                        .setMessageRetentionDuration(Durations.fromDays(7))
                        .build())
                .getName();
    }

    Subscription.Builder asked(String topic) {
        return Subscription.newBuilder().setName(fresh("subscriptions")).setTopic(topic);
    }

    String subscription(Subscription.Builder asked) {
        return subscriptions.createSubscription(asked.build()).getName();
    }

    static PubsubMessage message(String key, String data) {
        return PubsubMessage.newBuilder()
                .setOrderingKey(key)
                .setData(ByteString.copyFromUtf8(data))
                .build();
    }

    List<String> publish(String topic, PubsubMessage... messages) {
        return topics.publish(PublishRequest.newBuilder()
                        .setTopic(topic)
                        .addAllMessages(List.of(messages))
                        .build())
                .getMessageIdsList();
    }

    /** Publishes {@code FROM} to {@code TO - 1} as texts under one key. */
    void publish(String topic, String key, int from, int to) {
        PublishRequest.Builder request = PublishRequest.newBuilder().setTopic(topic);
        for (int i = from; i < to; i++) {
            request.addMessages(message(key, key + i));
        }
        topics.publish(request.build());
    }

    /** What one pull brings; nothing if it waits for long: Google's emulator waits for ever. */
    List<ReceivedMessage> pull(String subscription, int max) {
        try {
            return subscriptions
                    .withDeadlineAfter(PULL_SECONDS, TimeUnit.SECONDS)
                    .pull(PullRequest.newBuilder()
                            .setSubscription(subscription)
                            .setMaxMessages(max)
                            .build())
                    .getReceivedMessagesList();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED) {
                throw e;
            }
            return List.of();
        }
    }

    /** Pulls until so many came, or a pull that waits comes back without any. */
    List<ReceivedMessage> pullAll(String subscription, int expected) {
        List<ReceivedMessage> all = new ArrayList<>();
        for (int empty = 0; all.size() < expected && empty < 2; ) {
            List<ReceivedMessage> some = pull(subscription, expected - all.size());
            all.addAll(some);
            empty = some.isEmpty() ? empty + 1 : 0;
        }
        return all;
    }

    void ack(String subscription, List<ReceivedMessage> messages) {
        subscriptions.acknowledge(AcknowledgeRequest.newBuilder()
                .setSubscription(subscription)
                .addAllAckIds(messages.stream().map(ReceivedMessage::getAckId).toList())
                .build());
    }

    void modify(String subscription, ReceivedMessage message, int seconds) {
        subscriptions.modifyAckDeadline(ModifyAckDeadlineRequest.newBuilder()
                .setSubscription(subscription)
                .addAckIds(message.getAckId())
                .setAckDeadlineSeconds(seconds)
                .build());
    }

    void seek(String subscription, long micros) {
        subscriptions.seek(SeekRequest.newBuilder()
                .setSubscription(subscription)
                .setTime(Timestamps.fromMicros(micros))
                .build());
    }

    static List<String> texts(List<ReceivedMessage> messages) {
        return messages.stream()
                .map(m -> m.getMessage().getData().toStringUtf8())
                .toList();
    }

    static void refused(Status.Code code, ThrowingCallable call) {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(e).as("refused with %s", code).isNotNull();
        assertThat(e.getStatus().getCode()).isEqualTo(code);
    }

    Stream open(String subscription, int maxMessages) {
        return new Stream(StreamingPullRequest.newBuilder()
                .setSubscription(subscription)
                .setStreamAckDeadlineSeconds(10)
                .setMaxOutstandingMessages(maxMessages)
                .build());
    }

    /** One StreamingPull. */
    final class Stream implements StreamObserver<StreamingPullResponse>, AutoCloseable {
        final BlockingQueue<ReceivedMessage> received = new LinkedBlockingQueue<>();
        final BlockingQueue<StreamingPullResponse> responses = new LinkedBlockingQueue<>();
        final BlockingQueue<Throwable> errors = new LinkedBlockingQueue<>();
        private final CountDownLatch ended = new CountDownLatch(1);
        private final StreamObserver<StreamingPullRequest> requests;

        Stream(StreamingPullRequest first) {
            requests = streams.streamingPull(this);
            requests.onNext(first);
        }

        List<ReceivedMessage> take(int count) throws InterruptedException {
            List<ReceivedMessage> all = new ArrayList<>();
            while (all.size() < count) {
                ReceivedMessage next = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(next)
                        .as("message %s of %s, after %s", all.size(), count, texts(all))
                        .isNotNull();
                all.add(next);
            }
            return all;
        }

        /** Whether nothing comes for a while. */
        boolean isQuiet(Duration duration) throws InterruptedException {
            return received.poll(duration.toMillis(), TimeUnit.MILLISECONDS) == null;
        }

        void ack(List<ReceivedMessage> messages) {
            requests.onNext(StreamingPullRequest.newBuilder()
                    .addAllAckIds(
                            messages.stream().map(ReceivedMessage::getAckId).toList())
                    .build());
        }

        void nack(ReceivedMessage message) {
            requests.onNext(StreamingPullRequest.newBuilder()
                    .addModifyDeadlineAckIds(message.getAckId())
                    .addModifyDeadlineSeconds(0)
                    .build());
        }

        void send(StreamingPullRequest request) {
            requests.onNext(request);
        }

        @Override
        public void onNext(StreamingPullResponse response) {
            responses.add(response);
            received.addAll(response.getReceivedMessagesList());
        }

        @Override
        public void onError(Throwable t) {
            errors.add(t);
            ended.countDown();
        }

        @Override
        public void onCompleted() {
            ended.countDown();
        }

        /** Says that nothing more is asked, and waits until the service has read all that was, and knows that this client is gone. */
        void end() throws InterruptedException {
            requests.onCompleted();
            assertThat(ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }

        /** Breaks off: what was sent just before may be lost. */
        @Override
        public void close() {
            requests.onError(Status.CANCELLED.asRuntimeException());
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
