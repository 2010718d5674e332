package dev.isobar.aws.kinesis;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.ErrorCode;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/**
 * Has a shard's records pushed, with a throughput of its own. A subscription lasts five minutes at most; the next begins behind the last event's
 * continuation, which moves on even where nothing is written. Two readers of one group take the subscription from each other: give them two groups.
 */
final class FanOutFeed extends ShardFeed {
    private static final int AHEAD = 2;
    /** After this long without any event a subscription counts as dead; the Client Library waits as long. */
    private static final long SILENCE_NANOS = Duration.ofSeconds(35).toNanos();

    // Within five seconds of a subscription another one of the same consumer is refused (API reference,
    // SubscribeToShard).
    private static final long REFUSED_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long REFUSED_PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

    private final Kinesis kinesis;
    private final String consumer;
    private final Runnable wake;
    private @Nullable Pushed pushed;
    private long notBefore = System.nanoTime();
    private long lastGood = notBefore;
    /** 0 if the last subscription brought something. */
    private long refusedSince;

    FanOutFeed(Kinesis kinesis, ShardStart start, String consumer, Runnable wake) {
        super(start);
        this.kinesis = kinesis;
        this.consumer = consumer;
        this.wake = wake;
    }

    /** An event and when it came. */
    private record Arrival(SubscribeToShardEvent event, long at) {}

    /** One subscription. Only the queue is shared between threads. */
    private final class Pushed implements Subscriber<SubscribeToShardEventStream> {
        private final Queue<Arrival> queue = new ConcurrentLinkedQueue<>();
        private volatile @Nullable Subscription subscription;
        private final CompletableFuture<Void> ended;

        Pushed(StartingPosition from) {
            ended = kinesis.client()
                    .subscribeToShard(
                            SubscribeToShardRequest.builder()
                                    .consumerARN(consumer)
                                    .shardId(start().shard())
                                    .startingPosition(from)
                                    .build(),
                            SubscribeToShardResponseHandler.builder()
                                    .subscriber(() -> this)
                                    .build());
            ended.whenComplete((v, e) -> wake.run());
        }

        @Override
        public void onSubscribe(Subscription s) {
            subscription = s;
            s.request(AHEAD);
        }

        @Override
        public void onNext(SubscribeToShardEventStream event) {
            if (event instanceof SubscribeToShardEvent records) {
                queue.add(new Arrival(records, System.nanoTime()));
                wake.run();
            } else {
                more();
            }
        }

        @Override
        public void onError(Throwable t) {
            // The future of the call says it too.
            wake.run();
        }

        @Override
        public void onComplete() {
            wake.run();
        }

        void more() {
            Subscription s = subscription;
            if (s != null) {
                s.request(1);
            }
        }

        void cancel() {
            Subscription s = subscription;
            if (s != null) {
                s.cancel();
            }
            ended.cancel(true);
        }
    }

    @Override
    long pump() {
        long now = System.nanoTime();
        Pushed current = pushed;
        if (current != null) {
            // Before the queue is emptied: what ended has put everything into it.
            boolean ended = current.ended.isDone();
            take(current);
            if (ended || ahead() == 0 && now - lastGood > SILENCE_NANOS) {
                current.cancel();
                pushed = null;
                if (ended) {
                    ended(current, now);
                }
            }
        }
        if (pushed == null && !closed()) {
            if (notBefore - now > 0) {
                return notBefore - now;
            }
            lastGood = now;
            pushed = new Pushed(start().position(lastSeen()));
        }
        return closed() ? NEVER : SILENCE_NANOS;
    }

    private void take(Pushed from) {
        for (Arrival a = from.queue.poll(); a != null; a = from.queue.poll()) {
            SubscribeToShardEvent event = a.event();
            lastGood = a.at();
            refusedSince = 0;
            String continuation = event.continuationSequenceNumber();
            arrive(event.records(), continuation == null, event.childShards(), event.millisBehindLatest(), a.at());
            if (event.records().isEmpty()) {
                from.more();
            }
            if (continuation != null) {
                passed(continuation);
            }
        }
    }

    private void ended(Pushed current, long now) {
        try {
            current.ended.join();
        } catch (CompletionException e) {
            ErrorCode code = AwsErrors.code(e);
            boolean again = AwsErrors.unwrap(e) instanceof ResourceInUseException
                    || code == ErrorCode.RESOURCE_EXHAUSTED
                    || code.retryable();
            if (refusedSince == 0) {
                refusedSince = now;
            }
            if (!again || now - refusedSince > REFUSED_PATIENCE_NANOS) {
                throw kinesis.translate(e, "poll", start().stream());
            }
            notBefore = now + REFUSED_PAUSE_NANOS;
        }
    }

    @Override
    void advance() {
        super.advance();
        if (pushed != null) {
            pushed.more();
        }
    }

    @Override
    public void close() {
        if (pushed != null) {
            pushed.cancel();
        }
    }
}
