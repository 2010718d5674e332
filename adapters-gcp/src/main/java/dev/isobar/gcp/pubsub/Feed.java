package dev.isobar.gcp.pubsub;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.api.core.ApiService;
import com.google.api.gax.batching.FlowControlSettings;
import com.google.cloud.pubsub.v1.AckResponse;
import com.google.cloud.pubsub.v1.MessageReceiver;
import com.google.cloud.pubsub.v1.MessageReceiverWithAckResponse;
import com.google.cloud.pubsub.v1.Subscriber;
import com.google.cloud.pubsub.v1.SubscriberShutdownSettings;
import com.google.cloud.pubsub.v1.SubscriberShutdownSettings.ShutdownMode;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.ExpirationPolicy;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.SeekRequest;
import com.google.pubsub.v1.Subscription;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import io.grpc.Status;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subscription of a reader's own, from a time on, and Google's subscriber on it. Messages wait here until the reader takes them; how many is bounded by the
 * subscriber's flow control, which counts a message until it is acknowledged. The subscriber extends their deadlines meanwhile. Messages of an ordering key come
 * in order. Taken from by one thread.
 */
final class Feed implements AutoCloseable {
    /** Google's subscriber lets a message go that is held for longer; a reader that is not asked for that long reads it once more. */
    private static final Duration HELD_AT_MOST = Duration.ofDays(7);

    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(5);
    private static final long EXPIRES_DAYS = 1;
    private static final Arrival WAKE = new Arrival(PubsubMessage.getDefaultInstance(), () -> {});
    private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

    private final PubSub pubsub;
    private final String stream;
    private final String subscription;
    private final LinkedBlockingQueue<Arrival> arrived = new LinkedBlockingQueue<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Subscriber subscriber;
    private boolean over;

    /**
     * What a feed is.
     *
     * @param name the subscription's path
     * @param fromMicros publish time from which it delivers, microseconds since the epoch
     * @param reader whose fences it delivers
     */
    record Wanted(
            String stream, String topic, String name, String reader, long fromMicros, Map<String, String> labels) {}

    /**
     * Bounds of a feed.
     *
     * @param messages most that wait here
     * @param bytes most that wait here, in bytes
     * @param exactlyOnce whether the subscription delivers exactly once and says what became of acknowledgements
     */
    record Bounds(long messages, long bytes, boolean exactlyOnce, Duration retention) {}

    private Feed(PubSub pubsub, Wanted wanted, Bounds bounds) {
        this.pubsub = pubsub;
        this.stream = wanted.stream();
        this.subscription = wanted.name();
        Subscriber.Builder builder = bounds.exactlyOnce()
                ? Subscriber.newBuilder(subscription, confirming())
                : Subscriber.newBuilder(subscription, (MessageReceiver)
                        (message, reply) -> arrived.add(new Arrival(message, reply::ack)));
        this.subscriber = builder.setChannelProvider(pubsub.channels())
                .setCredentialsProvider(pubsub.credentials())
                .setExecutorProvider(pubsub.callbacks())
                .setSystemExecutorProvider(pubsub.timers())
                .setParallelPullCount(1)
                .setMaxAckExtensionPeriodDuration(HELD_AT_MOST)
                .setFlowControlSettings(FlowControlSettings.newBuilder()
                        .setMaxOutstandingElementCount(bounds.messages())
                        .setMaxOutstandingRequestBytes(bounds.bytes())
                        .build())
                .setSubscriberShutdownSettings(SubscriberShutdownSettings.newBuilder()
                        .setMode(ShutdownMode.NACK_IMMEDIATELY)
                        .setTimeout(CLOSES_WITHIN)
                        .build())
                .build();
        subscriber.addListener(
                new ApiService.Listener() {
                    @Override
                    public void failed(ApiService.State from, Throwable why) {
                        fail(why);
                    }
                },
                Runnable::run);
    }

    /** Makes the subscription, moves it to its time, and only then begins to take messages. */
    static Feed open(PubSub pubsub, Wanted wanted, Bounds bounds) {
        Subscription.Builder asked = Subscription.newBuilder()
                .setName(wanted.name())
                .setTopic(wanted.topic())
                .setEnableMessageOrdering(true)
                .setEnableExactlyOnceDelivery(bounds.exactlyOnce())
                .setAckDeadlineSeconds(60)
                .setFilter(Fence.filter(wanted.reader()))
                .putAllLabels(wanted.labels());
        // Pub/Sub wants a subscription to live at least as long as it keeps messages.
        Duration kept = bounds.retention().compareTo(Duration.ofDays(EXPIRES_DAYS)) < 0
                ? bounds.retention()
                : Duration.ofDays(EXPIRES_DAYS);
        asked.setMessageRetentionDuration(Durations.fromMillis(kept.toMillis()))
                .setExpirationPolicy(ExpirationPolicy.newBuilder().setTtl(Durations.fromDays(EXPIRES_DAYS)));
        try {
            pubsub.subscriptions("read", wanted.stream(), c -> c.createSubscription(asked.build()));
        } catch (IsobarException e) {
            // The answer to the first attempt was lost: the name is this feed's alone.
            if (e.code() != ErrorCode.ALREADY_EXISTS) {
                throw e;
            }
        }
        pubsub.subscriptions(
                "read",
                wanted.stream(),
                c -> c.seek(SeekRequest.newBuilder()
                        .setSubscription(wanted.name())
                        .setTime(Timestamps.fromMicros(wanted.fromMicros()))
                        .build()));
        Feed feed = new Feed(pubsub, wanted, bounds);
        pubsub.streams().watch(wanted.name(), feed::ended);
        feed.subscriber.startAsync();
        return feed;
    }

    private MessageReceiverWithAckResponse confirming() {
        return (message, reply) -> arrived.add(new Arrival(message, () -> {
            ApiFuture<AckResponse> response = reply.ack();
            ApiFutures.addCallback(
                    response,
                    new ApiFutureCallback<>() {
                        @Override
                        public void onFailure(Throwable why) {
                            fail(why);
                        }

                        @Override
                        public void onSuccess(AckResponse became) {
                            confirmed(became);
                        }
                    },
                    Runnable::run);
        }));
    }

    /** An acknowledgement that came too late brings the message once more, and it is known by its stamp; one that is refused would for ever. */
    private void confirmed(AckResponse became) {
        switch (became) {
            case SUCCESSFUL, INVALID, OTHER -> {}
            case PERMISSION_DENIED ->
                fail(pubsub.error(
                                ErrorCode.PERMISSION_DENIED,
                                "The identity may not acknowledge messages of " + subscription,
                                "poll",
                                stream)
                        .hint("Give it the role roles/pubsub.subscriber.")
                        .build());
            case FAILED_PRECONDITION ->
                fail(pubsub.error(
                                ErrorCode.CONFLICT,
                                "Pub/Sub did not take an acknowledgement for " + subscription,
                                "poll",
                                stream)
                        .hint("Another client has changed the subscription; open the reader again.")
                        .build());
        }
    }

    /** A feed is one stream: what was on its way when it ended would be missing, so another feed has to begin. */
    private void ended(Status status) {
        fail(status.isOk() ? Status.UNAVAILABLE.asRuntimeException() : status.asRuntimeException());
    }

    private void fail(Throwable why) {
        if (failure.compareAndSet(null, why)) {
            // Wakes who waits, behind what came before.
            arrived.add(WAKE);
        }
    }

    /** The next message, or null if none came in time or the feed has {@linkplain #failure failed}. */
    @Nullable
    Arrival take(long nanos) throws InterruptedException {
        if (over) {
            return null;
        }
        Arrival next = nanos > 0 ? arrived.poll(nanos, TimeUnit.NANOSECONDS) : arrived.poll();
        if (next == WAKE) {
            // What came behind this came with another stream.
            over = true;
            return null;
        }
        return next;
    }

    /** Whether everything that came before the end has been taken. */
    boolean isOver() {
        return over;
    }

    /** Why nothing more will come; null while something may. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    @Override
    public void close() {
        pubsub.streams().forget(subscription);
        subscriber.stopAsync();
        arrived.clear();
        try {
            subscriber.awaitTerminated(CLOSES_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | IllegalStateException e) {
            // It failed before, or gives back what it held to a service that does not answer; either way it is over.
            LOG.debug("The subscriber of {} did not end well", subscription, e);
        }
        try {
            pubsub.subscriptions("close", stream, c -> {
                c.deleteSubscription(subscription);
                return true;
            });
        } catch (IsobarException e) {
            // Gone with the stream, or it will expire by itself in a day; a reader's end is no place to fail.
            LOG.debug("The subscription {} was not deleted and expires by itself", subscription, e);
        }
    }
}
