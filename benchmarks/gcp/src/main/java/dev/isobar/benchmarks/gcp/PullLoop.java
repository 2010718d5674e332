package dev.isobar.benchmarks.gcp;

import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.StreamController;
import com.google.cloud.pubsub.v1.stub.SubscriberStub;
import com.google.pubsub.v1.AcknowledgeRequest;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.StreamingPullRequest;
import com.google.pubsub.v1.StreamingPullResponse;
import dev.isobar.benchmarks.layer.Content;
import dev.isobar.benchmarks.layer.Form;
import dev.isobar.benchmarks.layer.Streams;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reading as one would write it with care on the generated client: one StreamingPull with bounded messages and bytes, a batch asked for only while there is room,
 * messages in the order of the stream, one acknowledgement for each batch, and what comes again dropped by its sequence in its ordering key. It holds no message
 * long enough to extend deadlines, opens no broken stream again, looks at no checksum, keeps no places and has no fences: ours does all of that beside it.
 */
final class PullLoop {
    private static final int DEADLINE_SECONDS = 600;

    private final SubscriberStub subscriber;
    private final String subscription;

    PullLoop(SubscriberStub subscriber, String subscription) {
        this.subscriber = subscriber;
        this.subscription = subscription;
    }

    /** One stream. */
    private static final class Incoming implements ResponseObserver<StreamingPullResponse> {
        private final LinkedBlockingQueue<List<ReceivedMessage>> arrived = new LinkedBlockingQueue<>();
        private final AtomicInteger waiting = new AtomicInteger();
        private @Nullable StreamController stream;
        private boolean paused;

        @Override
        public synchronized void onStart(StreamController controller) {
            stream = controller;
            controller.disableAutoInboundFlowControl();
            controller.request(1);
        }

        @Override
        public void onResponse(StreamingPullResponse response) {
            waiting.addAndGet(response.getReceivedMessagesCount());
            arrived.add(response.getReceivedMessagesList());
            more();
        }

        private synchronized void more() {
            paused = waiting.get() >= PubSub.WAITING;
            StreamController begun = stream;
            if (!paused && begun != null) {
                begun.request(1);
            }
        }

        private List<ReceivedMessage> take() throws InterruptedException {
            List<ReceivedMessage> batch = arrived.take();
            waiting.addAndGet(-batch.size());
            synchronized (this) {
                if (paused) {
                    more();
                }
            }
            return batch;
        }

        private synchronized void cancel() {
            if (stream != null) {
                stream.cancel();
            }
        }

        @Override
        public void onError(Throwable why) {
            // It is cancelled at the end; were it broken before, the pass would not end.
        }

        @Override
        public void onComplete() {
            // As above.
        }
    }

    void read(Streams.Seen seen) throws InterruptedException {
        Incoming incoming = new Incoming();
        subscriber
                .streamingPullCallable()
                .splitCall(
                        incoming,
                        GrpcCallContext.createDefault()
                                .withExtraHeaders(
                                        Map.of("x-goog-request-params", List.of("subscription=" + subscription))))
                .send(StreamingPullRequest.newBuilder()
                        .setSubscription(subscription)
                        .setStreamAckDeadlineSeconds(DEADLINE_SECONDS)
                        .setMaxOutstandingMessages(PubSub.WAITING)
                        .setMaxOutstandingBytes(PubSub.WAITING_BYTES)
                        .build());
        long[] last = new long[Content.PARTITIONS];
        Arrays.fill(last, -1);
        for (int shown = 0; shown < Streams.READ; ) {
            List<ReceivedMessage> batch = incoming.take();
            List<String> done = new ArrayList<>(batch.size());
            for (ReceivedMessage received : batch) {
                PubsubMessage message = received.getMessage();
                byte[] data = message.getData().toByteArray();
                int event = Stamped.event(data);
                int partition = message.getOrderingKey().charAt(1) - '0';
                long sequence = ByteBuffer.wrap(data).getLong(Stamped.SEQUENCE_AT);
                if (sequence > last[partition]) {
                    last[partition] = sequence;
                    seen.event(partition, Form.decode(data, event));
                    shown++;
                }
                done.add(received.getAckId());
            }
            subscriber
                    .acknowledgeCallable()
                    .futureCall(AcknowledgeRequest.newBuilder()
                            .setSubscription(subscription)
                            .addAllAckIds(done)
                            .build());
        }
        incoming.cancel();
    }
}
