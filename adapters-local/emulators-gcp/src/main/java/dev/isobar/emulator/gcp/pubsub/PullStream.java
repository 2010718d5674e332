package dev.isobar.emulator.gcp.pubsub;

import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import com.google.pubsub.v1.StreamingPullResponse.AcknowledgeConfirmation;
import com.google.pubsub.v1.StreamingPullResponse.ModifyAckDeadlineConfirmation;
import com.google.pubsub.v1.StreamingPullResponse.SubscriptionProperties;
import com.google.pubsub.v1.Subscription;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One open StreamingPull; google.pubsub.v1.StreamingPullRequest and Response. Writes to its client one at a time. */
final class PullStream extends Consumer {
    private final SubscriptionState state;
    private final ServerCallStreamObserver<StreamingPullResponse> out;
    private final boolean keepsAlive;
    private boolean over;

    /** A stream as its first request asks for it. */
    PullStream(
            SubscriptionState state,
            ServerCallStreamObserver<StreamingPullResponse> out,
            StreamingPullRequest first,
            long deadlineMicros) {
        super(
                first.getClientId().isEmpty() ? UUID.randomUUID().toString() : first.getClientId(),
                first.getMaxOutstandingMessages(),
                first.getMaxOutstandingBytes(),
                deadlineMicros);
        this.state = state;
        this.out = out;
        this.keepsAlive = first.getProtocolVersion() >= 1;
    }

    SubscriptionState state() {
        return state;
    }

    @Override
    boolean isReady() {
        return out.isReady() && !out.isCancelled();
    }

    @Override
    void deliver(List<ReceivedMessage> received) {
        send(response().addAllReceivedMessages(received).build());
    }

    /** A client of protocol version 1 asks now and then whether somebody is there. */
    void ping() {
        if (keepsAlive) {
            send(response().build());
        }
    }

    /** Does what a request asks for, and confirms it where the subscription promises to. */
    void acks(StreamingPullRequest request) {
        if (request.getModifyDeadlineAckIdsCount() != request.getModifyDeadlineSecondsCount()) {
            throw Refused.invalid("modify_deadline_ack_ids and modify_deadline_seconds must be of the same size.");
        }
        List<String> badAcks = request.getAckIdsCount() == 0 ? List.of() : state.acknowledge(request.getAckIdsList());
        Map<Integer, List<String>> bySeconds = new LinkedHashMap<>();
        for (int i = 0; i < request.getModifyDeadlineAckIdsCount(); i++) {
            bySeconds
                    .computeIfAbsent(request.getModifyDeadlineSeconds(i), s -> new ArrayList<>())
                    .add(request.getModifyDeadlineAckIds(i));
        }
        List<String> badModacks = new ArrayList<>();
        bySeconds.forEach((seconds, ids) -> badModacks.addAll(state.modify(ids, seconds)));
        boolean some = request.getAckIdsCount() > 0 || request.getModifyDeadlineAckIdsCount() > 0;
        if (some && state.subscription().getEnableExactlyOnceDelivery()) {
            send(response()
                    .setAcknowledgeConfirmation(AcknowledgeConfirmation.newBuilder()
                            .addAllAckIds(without(request.getAckIdsList(), badAcks))
                            .addAllInvalidAckIds(badAcks))
                    .setModifyAckDeadlineConfirmation(ModifyAckDeadlineConfirmation.newBuilder()
                            .addAllAckIds(without(request.getModifyDeadlineAckIdsList(), badModacks))
                            .addAllInvalidAckIds(badModacks))
                    .build());
        }
    }

    private static List<String> without(List<String> all, List<String> bad) {
        HashSet<String> wrong = new HashSet<>(bad);
        return all.stream().filter(id -> !wrong.contains(id)).toList();
    }

    private StreamingPullResponse.Builder response() {
        Subscription subscription = state.subscription();
        return StreamingPullResponse.newBuilder()
                .setSubscriptionProperties(SubscriptionProperties.newBuilder()
                        .setExactlyOnceDeliveryEnabled(subscription.getEnableExactlyOnceDelivery())
                        .setMessageOrderingEnabled(subscription.getEnableMessageOrdering()));
    }

    private synchronized void send(StreamingPullResponse response) {
        if (!over && !out.isCancelled()) {
            out.onNext(response);
        }
    }

    void fail(StatusRuntimeException why) {
        synchronized (this) {
            if (!over && !out.isCancelled()) {
                over = true;
                out.onError(why);
            }
        }
        // Not under this lock: the subscription takes it under its own.
        state.closed(this);
    }
}
