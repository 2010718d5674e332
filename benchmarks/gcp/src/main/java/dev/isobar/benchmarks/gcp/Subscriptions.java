package dev.isobar.benchmarks.gcp;

import com.google.protobuf.Empty;
import com.google.protobuf.Timestamp;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.DeleteSubscriptionRequest;
import com.google.pubsub.v1.ModifyAckDeadlineRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.SeekRequest;
import com.google.pubsub.v1.SeekResponse;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import com.google.pubsub.v1.StreamingPullResponse.SubscriptionProperties;
import com.google.pubsub.v1.SubscriberGrpc;
import com.google.pubsub.v1.Subscription;
import dev.isobar.benchmarks.layer.Content;
import dev.isobar.benchmarks.layer.Form;
import dev.isobar.event.Event;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The subscriber's side: each stream brings the same events once, as fast as its flow control takes them. */
final class Subscriptions extends SubscriberGrpc.SubscriberImplBase {
    private static final int AT_ONCE = 500;
    private static final long WRITER = 7;
    private static final long PUBLISHED_SECONDS = 1_700_000_000L;

    private final List<StreamingPullResponse> batches = batches();
    private final Map<String, Pull> pulls = new ConcurrentHashMap<>();

    private static List<StreamingPullResponse> batches() {
        List<StreamingPullResponse> all = new ArrayList<>();
        for (int call = 0; call < Content.CALLS; call++) {
            for (int partition = 0; partition < Content.PARTITIONS; partition++) {
                List<Event> events = Content.events(Content.BATCH, Content.BATCH, partition * Content.CALLS + call);
                for (int from = 0; from < events.size(); from += AT_ONCE) {
                    long first = (long) call * Content.BATCH + from;
                    all.add(batch(all.size(), partition, first, events.subList(from, from + AT_ONCE)));
                }
            }
        }
        return all;
    }

    private static StreamingPullResponse batch(int number, int partition, long first, List<Event> events) {
        StreamingPullResponse.Builder batch = StreamingPullResponse.newBuilder()
                .setSubscriptionProperties(SubscriptionProperties.newBuilder().setMessageOrderingEnabled(true));
        for (int i = 0; i < events.size(); i++) {
            batch.addReceivedMessages(ReceivedMessage.newBuilder()
                    .setAckId("projects/bench/" + number + "/" + i)
                    .setMessage(PubsubMessage.newBuilder()
                            .setData(Stamped.data(WRITER, first + i, Form.sealed(events.get(i))))
                            .setOrderingKey("p" + partition)
                            .setMessageId(Long.toString(10_000_000_000L + (long) number * AT_ONCE + i))
                            .setPublishTime(Timestamp.newBuilder().setSeconds(PUBLISHED_SECONDS + number))));
        }
        return batch.build();
    }

    @Override
    public void createSubscription(Subscription request, StreamObserver<Subscription> to) {
        Topics.answer(to, request);
    }

    @Override
    public void seek(SeekRequest request, StreamObserver<SeekResponse> to) {
        Topics.answer(to, SeekResponse.getDefaultInstance());
    }

    @Override
    public void deleteSubscription(DeleteSubscriptionRequest request, StreamObserver<Empty> to) {
        pulls.remove(request.getSubscription());
        Topics.answer(to, Empty.getDefaultInstance());
    }

    @Override
    public void modifyAckDeadline(ModifyAckDeadlineRequest request, StreamObserver<Empty> to) {
        Topics.answer(to, Empty.getDefaultInstance());
    }

    @Override
    public void acknowledge(AcknowledgeRequest request, StreamObserver<Empty> to) {
        Topics.answer(to, Empty.getDefaultInstance());
        Pull pull = pulls.get(request.getSubscription());
        if (pull != null) {
            pull.acknowledged(request.getAckIdsCount());
        }
    }

    @Override
    public StreamObserver<StreamingPullRequest> streamingPull(StreamObserver<StreamingPullResponse> to) {
        return new Pull((ServerCallStreamObserver<StreamingPullResponse>) to);
    }

    /** One stream. */
    private final class Pull implements StreamObserver<StreamingPullRequest> {
        private final ServerCallStreamObserver<StreamingPullResponse> out;
        private long room = -1;
        private int next;

        Pull(ServerCallStreamObserver<StreamingPullResponse> out) {
            this.out = out;
            out.setOnCancelHandler(() -> {});
            out.setOnReadyHandler(this::send);
        }

        @Override
        public void onNext(StreamingPullRequest request) {
            if (!request.getSubscription().isEmpty()) {
                pulls.put(request.getSubscription(), this);
                acknowledged(request.getMaxOutstandingMessages() + 1);
            }
        }

        synchronized void acknowledged(long messages) {
            room += messages;
            send();
        }

        private synchronized void send() {
            while (next < batches.size() && room >= AT_ONCE && out.isReady() && !out.isCancelled()) {
                room -= AT_ONCE;
                out.onNext(batches.get(next++));
            }
        }

        @Override
        public void onError(Throwable t) {
            // The client hung up; there is nobody to tell.
        }

        @Override
        public void onCompleted() {
            if (!out.isCancelled()) {
                out.onCompleted();
            }
        }
    }
}
