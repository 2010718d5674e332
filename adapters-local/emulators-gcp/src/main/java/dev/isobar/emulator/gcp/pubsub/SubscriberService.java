package dev.isobar.emulator.gcp.pubsub;

import com.google.protobuf.Any;
import com.google.protobuf.Empty;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.CreateSnapshotRequest;
import com.google.pubsub.v1.DeleteSnapshotRequest;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.GetSnapshotRequest;
import com.google.pubsub.v1.GetSubscriptionRequest;
import com.google.pubsub.v1.ListSnapshotsRequest;
import com.google.pubsub.v1.ListSnapshotsResponse;
import com.google.pubsub.v1.ListSubscriptionsRequest;
import com.google.pubsub.v1.ListSubscriptionsResponse;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.ModifyPushConfigRequest;
import com.google.pubsub.v1.PullRequest;
import com.google.pubsub.v1.PullResponse;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SeekRequest;
import com.google.pubsub.v1.SeekResponse;
import com.google.pubsub.v1.Snapshot;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import com.google.pubsub.v1.UpdateSnapshotRequest;
import com.google.pubsub.v1.UpdateSubscriptionRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** {@code google.pubsub.v1.Subscriber}. */
final class SubscriberService extends SubscriberGrpc.SubscriberImplBase {
    /** How long a pull waits for a first message; the service says only "a bounded amount of time". */
    private static final long PULL_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long PULL_LOOKS_NANOS = Duration.ofMillis(10).toNanos();

    private final Resources resources;
    private final ScheduledExecutorService later;

    SubscriberService(Resources resources, ScheduledExecutorService later) {
        this.resources = resources;
        this.later = later;
    }

    @Override
    public void createSubscription(Subscription request, StreamObserver<Subscription> to) {
        Answers.answer(to, () -> resources.create(request).shown());
    }

    @Override
    public void getSubscription(GetSubscriptionRequest request, StreamObserver<Subscription> to) {
        Answers.answer(
                to, () -> resources.subscription(request.getSubscription()).shown());
    }

    @Override
    public void updateSubscription(UpdateSubscriptionRequest request, StreamObserver<Subscription> to) {
        Answers.answer(
                to,
                () -> resources
                        .update(
                                request.getSubscription(),
                                request.getUpdateMask().getPathsList())
                        .shown());
    }

    @Override
    public void listSubscriptions(ListSubscriptionsRequest request, StreamObserver<ListSubscriptionsResponse> to) {
        Answers.answer(
                to,
                () -> Answers.page(
                        resources.subscriptionsIn(request.getProject()),
                        Subscription::getName,
                        request.getPageSize(),
                        request.getPageToken(),
                        (page, next) -> ListSubscriptionsResponse.newBuilder()
                                .addAllSubscriptions(page)
                                .setNextPageToken(next)
                                .build()));
    }

    @Override
    public void deleteSubscription(DeleteSubscriptionRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            SubscriptionState gone = resources.subscription(request.getSubscription());
            List<Consumer> streams = gone.streams();
            resources.deleteSubscription(request.getSubscription());
            ended(streams, request.getSubscription());
            return Empty.getDefaultInstance();
        });
    }

    /** Ends the streams of a subscription that is no more. */
    static void ended(List<Consumer> streams, String name) {
        for (Consumer stream : streams) {
            if (stream instanceof PullStream open) {
                open.fail(Refused.notFound(name.substring(name.lastIndexOf('/') + 1)));
            }
        }
    }

    @Override
    public void modifyAckDeadline(ModifyAckDeadlineRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            SubscriptionState state = resources.subscription(request.getSubscription());
            check(request.getAckIdsList());
            List<String> invalid = state.modify(request.getAckIdsList(), request.getAckDeadlineSeconds());
            return confirmed(state, invalid);
        });
    }

    @Override
    public void acknowledge(AcknowledgeRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            SubscriptionState state = resources.subscription(request.getSubscription());
            check(request.getAckIdsList());
            return confirmed(state, state.acknowledge(request.getAckIdsList()));
        });
    }

    private static void check(List<String> ackIds) {
        if (ackIds.isEmpty()) {
            throw Refused.invalid("No ack ids specified.");
        }
    }

    /**
     * With exactly-once delivery a call that did not count for all is an error whose details say for which not; cloud.google.com/pubsub/docs/exactly-once-delivery.
     */
    private static Empty confirmed(SubscriptionState state, List<String> invalid) {
        if (invalid.isEmpty() || !state.subscription().getEnableExactlyOnceDelivery()) {
            return Empty.getDefaultInstance();
        }
        ErrorInfo.Builder info =
                ErrorInfo.newBuilder().setReason("EXACTLY_ONCE_ACKID_FAILURE").setDomain("pubsub.googleapis.com");
        invalid.forEach(id -> info.putMetadata(id, "PERMANENT_FAILURE_INVALID_ACK_ID"));
        throw StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Code.FAILED_PRECONDITION_VALUE)
                .setMessage("Some acknowledgement ids in the request were invalid. This could be because the"
                        + " acknowledgement ids have expired or the acknowledgement ids were malformed.")
                .addDetails(Any.pack(info.build()))
                .build());
    }

    @Override
    public void modifyPushConfig(ModifyPushConfigRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            throw Refused.notHere("A subscription that pushes");
        });
    }

    @Override
    public void pull(PullRequest request, StreamObserver<PullResponse> to) {
        SubscriptionState state;
        try {
            state = resources.subscription(request.getSubscription());
            if (request.getMaxMessages() < 1) {
                throw Refused.invalid("Invalid max_messages given: " + request.getMaxMessages()
                        + ". The value must be greater than 0.");
            }
            usable(state);
        } catch (RuntimeException e) {
            to.onError(Answers.status(e));
            return;
        }
        Consumer once = new Consumer("pull-" + UUID.randomUUID(), request.getMaxMessages(), 0, ownDeadline(state)) {
            @Override
            boolean isReady() {
                return true;
            }

            @Override
            void deliver(List<ReceivedMessage> received) {
                throw new IllegalStateException("A pull is answered, not pushed to");
            }
        };
        look(state, once, request, (ServerCallStreamObserver<PullResponse>) to, System.nanoTime() + PULL_NANOS);
    }

    @SuppressWarnings("deprecation")
    private void look(
            SubscriptionState state,
            Consumer once,
            PullRequest request,
            ServerCallStreamObserver<PullResponse> to,
            long until) {
        if (to.isCancelled()) {
            return;
        }
        List<ReceivedMessage> got = state.take(once, Math.min(request.getMaxMessages(), Rules.MAX_MESSAGES));
        if (got.isEmpty() && !request.getReturnImmediately() && System.nanoTime() < until) {
            later.schedule(() -> look(state, once, request, to, until), PULL_LOOKS_NANOS, TimeUnit.NANOSECONDS);
            return;
        }
        to.onNext(PullResponse.newBuilder().addAllReceivedMessages(got).build());
        to.onCompleted();
    }

    private static long ownDeadline(SubscriptionState state) {
        return state.subscription().getAckDeadlineSeconds() * 1_000_000L;
    }

    private static void usable(SubscriptionState state) {
        if (state.isDetached()) {
            throw Refused.precondition("Subscription is detached; cannot pull from it.");
        }
    }

    @Override
    public StreamObserver<StreamingPullRequest> streamingPull(StreamObserver<StreamingPullResponse> to) {
        ServerCallStreamObserver<StreamingPullResponse> out = (ServerCallStreamObserver<StreamingPullResponse>) to;
        Incoming incoming = new Incoming(out);
        out.setOnReadyHandler(incoming::ready);
        out.setOnCancelHandler(incoming::gone);
        return incoming;
    }

    /** What a client sends on one stream. gRPC calls it one at a time. */
    private final class Incoming implements StreamObserver<StreamingPullRequest> {
        private final ServerCallStreamObserver<StreamingPullResponse> out;
        private volatile PullStream stream;
        private volatile boolean over;

        @SuppressWarnings("NullAway.Init")
        Incoming(ServerCallStreamObserver<StreamingPullResponse> out) {
            this.out = out;
        }

        @Override
        public void onNext(StreamingPullRequest request) {
            if (over) {
                return;
            }
            try {
                if (stream == null) {
                    first(request);
                } else {
                    next(request);
                }
            } catch (RuntimeException e) {
                over = true;
                if (stream == null) {
                    out.onError(Answers.status(e));
                } else {
                    stream.fail(Answers.status(e));
                }
            }
        }

        private void first(StreamingPullRequest request) {
            SubscriptionState state = resources.subscription(request.getSubscription());
            usable(state);
            int seconds = request.getStreamAckDeadlineSeconds();
            if (seconds < 10 || seconds > 600) {
                throw Refused.invalid("Invalid stream_ack_deadline_seconds given: " + seconds
                        + ". The value must be between 10 and 600.");
            }
            stream = new PullStream(state, out, request, seconds * 1_000_000L);
            state.open(stream);
            stream.acks(request);
            state.pump();
        }

        private void next(StreamingPullRequest request) {
            if (!request.getSubscription().isEmpty()
                    || !request.getClientId().isEmpty()
                    || request.getMaxOutstandingMessages() != 0
                    || request.getMaxOutstandingBytes() != 0) {
                throw Refused.invalid("The subscription, the client_id and flow control are set in the first request"
                        + " of a stream only.");
            }
            if (request.getAckIdsCount() == 0 && request.getModifyDeadlineAckIdsCount() == 0) {
                stream.ping();
            } else {
                stream.acks(request);
            }
        }

        void ready() {
            PullStream open = stream;
            if (open != null) {
                open.state().pump();
            }
        }

        void gone() {
            over = true;
            PullStream open = stream;
            if (open != null) {
                open.state().closed(open);
            }
        }

        @Override
        public void onError(Throwable t) {
            gone();
        }

        @Override
        public void onCompleted() {
            gone();
            if (!out.isCancelled()) {
                out.onCompleted();
            }
        }
    }

    @Override
    public void seek(SeekRequest request, StreamObserver<SeekResponse> to) {
        Answers.answer(to, () -> {
            SubscriptionState state = resources.subscription(request.getSubscription());
            usable(state);
            switch (request.getTargetCase()) {
                case TIME -> state.seek(Timestamps.toMicros(request.getTime()));
                case SNAPSHOT -> {
                    SnapshotState snapshot = resources.snapshot(request.getSnapshot());
                    if (snapshot.topic() != state.topic()) {
                        throw Refused.invalid("The snapshot and the subscription are not of the same topic.");
                    }
                    state.seek(snapshot);
                }
                default -> throw Refused.invalid("A seek needs a time or a snapshot.");
            }
            return SeekResponse.getDefaultInstance();
        });
    }

    @Override
    public void createSnapshot(CreateSnapshotRequest request, StreamObserver<Snapshot> to) {
        Answers.answer(
                to,
                () -> resources
                        .createSnapshot(request.getName(), request.getSubscription(), request.getLabelsMap())
                        .shown());
    }

    @Override
    public void getSnapshot(GetSnapshotRequest request, StreamObserver<Snapshot> to) {
        Answers.answer(to, () -> resources.snapshot(request.getSnapshot()).shown());
    }

    @Override
    public void updateSnapshot(UpdateSnapshotRequest request, StreamObserver<Snapshot> to) {
        Answers.answer(
                to,
                () -> resources
                        .update(request.getSnapshot(), request.getUpdateMask().getPathsList())
                        .shown());
    }

    @Override
    public void listSnapshots(ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> to) {
        Answers.answer(
                to,
                () -> Answers.page(
                        resources.snapshotsIn(request.getProject()),
                        Snapshot::getName,
                        request.getPageSize(),
                        request.getPageToken(),
                        (page, next) -> ListSnapshotsResponse.newBuilder()
                                .addAllSnapshots(page)
                                .setNextPageToken(next)
                                .build()));
    }

    @Override
    public void deleteSnapshot(DeleteSnapshotRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            resources.deleteSnapshot(request.getSnapshot());
            return Empty.getDefaultInstance();
        });
    }
}
