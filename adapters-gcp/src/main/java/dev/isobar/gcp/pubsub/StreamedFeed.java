package dev.isobar.gcp.pubsub;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutureCallback;
import com.google.api.core.ApiFutures;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.rpc.PermissionDeniedException;
import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.StreamController;
import com.google.protobuf.Empty;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * At-least-once delivery by one StreamingPull of Google's generated client. Messages go from hand to hand in the batches in which they came, and so do their
 * acknowledgements; Google's own subscriber has futures, leases and tasks for each message, which take two thirds of a reader's CPU time.
 *
 * <p>The service counts what is not acknowledged against the bounds; here no batch is asked for while that many wait or enough are parsed.
 */
final class StreamedFeed extends Feed {
    /** Within what the service takes in a request; Google's own subscriber sends as many. */
    private static final int IDS_PER_REQUEST = 1_000;
    /** So many wait at most to be acknowledged while more messages are taken. */
    private static final int ACKS = 500;
    /** No more are parsed before the reader is near them: it would find them in main memory, not in its processor's cache. */
    private static final int PARSED_AHEAD = 1_000;

    private static final int DEADLINE_SECONDS = 60;
    private static final int EXTENDED_EVERY_SECONDS = 20;
    private static final Batch WAKE = new Batch(List.of());
    private static final Logger LOG = LoggerFactory.getLogger(StreamedFeed.class);

    private final Bounds bounds;
    private final LinkedBlockingQueue<Batch> arrived = new LinkedBlockingQueue<>();
    private final AtomicLong waiting = new AtomicLong();
    private final Incoming incoming = new Incoming();
    /** What the reader is done with, in this poll. */
    private final List<String> done = new ArrayList<>(ACKS);
    /** What it was done with before, guarded by itself: the timer acknowledges it if the reader is not asked again. */
    private final List<String> settled = new ArrayList<>(ACKS);

    private volatile Batch current = WAKE;
    /** No batch is asked for while so many messages wait. */
    private volatile long ahead;

    private @Nullable ScheduledFuture<?> extending;
    private boolean over;

    /** Messages that came together, of which the reader has taken some. */
    private static final class Batch {
        private final List<ReceivedMessage> messages;
        private final AtomicInteger taken = new AtomicInteger();

        Batch(List<ReceivedMessage> messages) {
            this.messages = messages;
        }
    }

    StreamedFeed(PubSub pubsub, Wanted wanted, Bounds bounds) {
        super(pubsub, wanted);
        this.bounds = bounds;
        this.ahead = aheadOfReader();
    }

    private long aheadOfReader() {
        return Math.min(bounds.messages(), PARSED_AHEAD);
    }

    @Override
    void start() {
        pubsub().pull(
                        incoming,
                        // As Google's own subscriber says which subscription it is: a stream has no routing of its own.
                        GrpcCallContext.createDefault()
                                .withExtraHeaders(
                                        Map.of("x-goog-request-params", List.of("subscription=" + subscription()))))
                .send(StreamingPullRequest.newBuilder()
                        .setSubscription(subscription())
                        .setStreamAckDeadlineSeconds(DEADLINE_SECONDS)
                        .setClientId(UUID.randomUUID().toString())
                        .setMaxOutstandingMessages(bounds.messages())
                        .setMaxOutstandingBytes(bounds.bytes())
                        .build());
        extending = pubsub().timers()
                .getExecutor()
                .scheduleWithFixedDelay(this::extend, EXTENDED_EVERY_SECONDS, EXTENDED_EVERY_SECONDS, TimeUnit.SECONDS);
    }

    /** What the stream brings. Called by one thread at a time. */
    private final class Incoming implements ResponseObserver<StreamingPullResponse> {
        private @Nullable StreamController controller;
        /** Whether a batch was not asked for. */
        private boolean paused;

        private boolean cancelled;

        @Override
        public synchronized void onStart(StreamController stream) {
            controller = stream;
            stream.disableAutoInboundFlowControl();
            if (cancelled) {
                stream.cancel();
            } else {
                stream.request(1);
            }
        }

        @Override
        public void onResponse(StreamingPullResponse response) {
            if (response.getReceivedMessagesCount() > 0) {
                waiting.addAndGet(response.getReceivedMessagesCount());
                arrived.add(new Batch(response.getReceivedMessagesList()));
            }
            more();
        }

        /** Asks for another batch if there is room for one. */
        synchronized void more() {
            StreamController stream = controller;
            paused = waiting.get() >= ahead;
            if (!paused && stream != null) {
                stream.request(1);
            }
        }

        synchronized void room() {
            if (paused) {
                more();
            }
        }

        synchronized void cancel() {
            cancelled = true;
            if (controller != null) {
                controller.cancel();
            }
        }

        @Override
        public void onError(Throwable why) {
            // The stream's own words, as they are seen beneath Google's subscriber too.
            Throwable cause = why;
            while (cause != null && !(cause instanceof StatusRuntimeException)) {
                cause = cause.getCause();
            }
            fail(cause == null ? why : cause);
        }

        @Override
        public void onComplete() {
            ended(Status.OK);
        }
    }

    @Override
    @Nullable
    Arrival take(long nanos) throws InterruptedException {
        Batch batch = current;
        int next = batch.taken.getPlain();
        if (next == batch.messages.size()) {
            batch = another(nanos);
            if (batch == null) {
                return null;
            }
            next = 0;
        }
        ReceivedMessage message = batch.messages.get(next);
        batch.taken.lazySet(next + 1);
        return new Arrival(message.getMessage(), message.getAckId());
    }

    private @Nullable Batch another(long nanos) throws InterruptedException {
        if (over) {
            return null;
        }
        Batch next = arrived.poll();
        if (next == null) {
            // Nothing to do but what was put off: messages may come only when others are acknowledged.
            settle();
            acknowledge();
            next = nanos > 0 ? arrived.poll(nanos, TimeUnit.NANOSECONDS) : null;
        }
        if (next == WAKE) {
            over = true;
            return null;
        }
        if (next != null) {
            current = next;
            waiting.addAndGet(-next.messages.size());
            ahead = aheadOfReader();
            incoming.room();
        }
        return next;
    }

    @Override
    boolean isOver() {
        return over;
    }

    @Override
    void wake() {
        arrived.add(WAKE);
    }

    @Override
    void acknowledge(Arrival arrival) {
        done.add((String) arrival.receipt());
        if (done.size() == ACKS) {
            settle();
        }
    }

    @Override
    void settle() {
        boolean enough;
        synchronized (settled) {
            settled.addAll(done);
            enough = settled.size() >= ACKS;
        }
        done.clear();
        if (enough) {
            acknowledge();
        }
    }

    private void acknowledge() {
        List<String> ids;
        synchronized (settled) {
            if (settled.isEmpty()) {
                return;
            }
            ids = List.copyOf(settled);
            settled.clear();
        }
        watch(pubsub().acknowledge(AcknowledgeRequest.newBuilder()
                .setSubscription(subscription())
                .addAllAckIds(ids)
                .build()));
    }

    /**
     * What waits is this reader's for another while, however long the reader is not asked. That is true of parsed messages only: nobody knows the others' ids.
     * So those in the transport are parsed now, which is early enough to be extended the next time.
     */
    private void extend() {
        try {
            ahead = bounds.messages();
            incoming.room();
            acknowledge();
            List<String> ids = new ArrayList<>();
            add(current, ids);
            arrived.forEach(batch -> add(batch, ids));
            for (int from = 0; from < ids.size(); from += IDS_PER_REQUEST) {
                watch(pubsub().extend(ModifyAckDeadlineRequest.newBuilder()
                        .setSubscription(subscription())
                        .setAckDeadlineSeconds(DEADLINE_SECONDS)
                        .addAllAckIds(ids.subList(from, Math.min(ids.size(), from + IDS_PER_REQUEST)))
                        .build()));
            }
        } catch (RuntimeException e) {
            // A task that throws is never run again, and its messages would come twice for ever.
            fail(e);
        }
    }

    private static void add(Batch batch, List<String> ids) {
        for (int i = batch.taken.get(); i < batch.messages.size(); i++) {
            ids.add(batch.messages.get(i).getAckId());
        }
    }

    /** What was not acknowledged or extended comes again, and is known by its stamp; without the permission it would for ever. */
    private void watch(ApiFuture<Empty> call) {
        ApiFutures.addCallback(
                call,
                new ApiFutureCallback<>() {
                    @Override
                    public void onFailure(Throwable why) {
                        if (why instanceof PermissionDeniedException) {
                            forbidden();
                        } else {
                            LOG.debug("An acknowledgement to {} was not taken", subscription(), why);
                        }
                    }

                    @Override
                    public void onSuccess(Empty answer) {
                        // nothing to do
                    }
                },
                Runnable::run);
    }

    @Override
    void end() {
        if (extending != null) {
            extending.cancel(false);
        }
        incoming.cancel();
        arrived.clear();
    }
}
