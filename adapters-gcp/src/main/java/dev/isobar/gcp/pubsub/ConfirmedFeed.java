package dev.isobar.gcp.pubsub;

import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.api.core.ApiService;
import com.google.api.gax.batching.FlowControlSettings;
import com.google.cloud.pubsub.v1.AckReplyConsumerWithResponse;
import com.google.cloud.pubsub.v1.AckResponse;
import com.google.cloud.pubsub.v1.MessageReceiverWithAckResponse;
import com.google.cloud.pubsub.v1.Subscriber;
import com.google.cloud.pubsub.v1.SubscriberShutdownSettings;
import com.google.cloud.pubsub.v1.SubscriberShutdownSettings.ShutdownMode;
import com.google.pubsub.v1.PubsubMessage;
import dev.isobar.error.ErrorCode;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Exactly-once delivery by Google's own subscriber, which knows when a lease is held and says what became of each acknowledgement. */
final class ConfirmedFeed extends Feed {
    /** Google's subscriber lets a message go that is held for longer; a reader that is not asked for that long reads it once more. */
    private static final Duration HELD_AT_MOST = Duration.ofDays(7);

    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(5);
    private static final Arrival WAKE = new Arrival(PubsubMessage.getDefaultInstance(), "");
    private static final Logger LOG = LoggerFactory.getLogger(ConfirmedFeed.class);

    private final LinkedBlockingQueue<Arrival> arrived = new LinkedBlockingQueue<>();
    private final Subscriber subscriber;
    private boolean over;

    ConfirmedFeed(PubSub pubsub, Wanted wanted, Bounds bounds) {
        super(pubsub, wanted);
        this.subscriber = Subscriber.newBuilder(wanted.name(), (MessageReceiverWithAckResponse)
                        (message, reply) -> arrived.add(new Arrival(message, reply)))
                .setChannelProvider(pubsub.channels())
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

    @Override
    void start() {
        pubsub().streams().watch(subscription(), this::ended);
        subscriber.startAsync();
    }

    @Override
    void acknowledge(Arrival arrival) {
        ApiFutures.addCallback(
                ((AckReplyConsumerWithResponse) arrival.receipt()).ack(),
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
    }

    @Override
    void settle() {
        // Each is on its way already.
    }

    /** An acknowledgement that came too late brings the message once more, and it is known by its stamp; one that is refused would for ever. */
    private void confirmed(AckResponse became) {
        switch (became) {
            case SUCCESSFUL, INVALID, OTHER -> {}
            case PERMISSION_DENIED -> forbidden();
            case FAILED_PRECONDITION ->
                fail(pubsub().error(
                                ErrorCode.CONFLICT,
                                "Pub/Sub did not take an acknowledgement for " + subscription(),
                                "poll",
                                stream())
                        .hint("Another client has changed the subscription; open the reader again.")
                        .build());
        }
    }

    @Override
    void wake() {
        arrived.add(WAKE);
    }

    @Override
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

    @Override
    boolean isOver() {
        return over;
    }

    @Override
    void end() {
        pubsub().streams().forget(subscription());
        subscriber.stopAsync();
        arrived.clear();
        try {
            subscriber.awaitTerminated(CLOSES_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | IllegalStateException e) {
            // It failed before, or gives back what it held to a service that does not answer; either way it is over.
            LOG.debug("The subscriber of {} did not end well", subscription(), e);
        }
    }
}
