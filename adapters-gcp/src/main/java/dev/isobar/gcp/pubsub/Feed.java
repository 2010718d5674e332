package dev.isobar.gcp.pubsub;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.ExpirationPolicy;
import com.google.pubsub.v1.SeekRequest;
import com.google.pubsub.v1.Subscription;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import io.grpc.Status;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subscription of a reader's own, from a time on, and one stream of its messages. They wait here until the reader takes them, not more than the bounds allow;
 * their deadlines are extended meanwhile. Messages of an ordering key come in order. Taken from by one thread.
 */
abstract class Feed implements AutoCloseable {
    private static final long EXPIRES_DAYS = 1;
    private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

    private final PubSub pubsub;
    private final String stream;
    private final String subscription;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

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

    /** Nothing is taken before the feed is started. */
    Feed(PubSub pubsub, Wanted wanted) {
        this.pubsub = pubsub;
        this.stream = wanted.stream();
        this.subscription = wanted.name();
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
        Feed feed = bounds.exactlyOnce()
                ? new ConfirmedFeed(pubsub, wanted, bounds)
                : new StreamedFeed(pubsub, wanted, bounds);
        feed.start();
        return feed;
    }

    /** Begins to take messages. */
    abstract void start();

    /** The next message, or null if none came in time or the feed has {@linkplain #failure failed}. */
    abstract @Nullable Arrival take(long nanos) throws InterruptedException;

    /** Tells Pub/Sub that a message need not come again; once for each. */
    abstract void acknowledge(Arrival arrival);

    /** The reader may not come back for long: what it acknowledged is not to wait for it. */
    abstract void settle();

    /** Whether everything that came before the end has been taken. */
    abstract boolean isOver();

    /** Wakes who waits, behind what came before; called once. */
    abstract void wake();

    /** Ends the stream. */
    abstract void end();

    final PubSub pubsub() {
        return pubsub;
    }

    /** The name of the stream that is read. */
    final String stream() {
        return stream;
    }

    /** The subscription's path. */
    final String subscription() {
        return subscription;
    }

    /** Why nothing more will come; null while something may. */
    final @Nullable Throwable failure() {
        return failure.get();
    }

    /** A feed is one stream: what was on its way when it ended would be missing, so another feed has to begin. */
    final void ended(Status status) {
        fail(status.isOk() ? Status.UNAVAILABLE.asRuntimeException() : status.asRuntimeException());
    }

    final void fail(Throwable why) {
        if (failure.compareAndSet(null, why)) {
            wake();
        }
    }

    /** What became of an acknowledgement that nobody may make. */
    final void forbidden() {
        fail(pubsub.error(
                        ErrorCode.PERMISSION_DENIED,
                        "The identity may not acknowledge messages of " + subscription,
                        "poll",
                        stream)
                .hint("Give it the role roles/pubsub.subscriber.")
                .build());
    }

    @Override
    public final void close() {
        end();
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
