package dev.isobar.benchmarks.gcp;

import com.google.pubsub.v1.GetTopicRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsResponse;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Topic;
import dev.isobar.benchmarks.layer.Arrived;
import dev.isobar.benchmarks.layer.Form;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The publisher's side of Pub/Sub: every message is taken, and noted. */
final class Topics extends PublisherGrpc.PublisherImplBase {
    private final Map<String, Topic> topics = new ConcurrentHashMap<>();
    private final Map<Integer, PublishResponse> stored = new ConcurrentHashMap<>();
    private final Arrived arrived;

    Topics(Arrived arrived) {
        this.arrived = arrived;
    }

    @Override
    public void createTopic(Topic request, StreamObserver<Topic> to) {
        topics.put(request.getName(), request);
        answer(to, request);
    }

    @Override
    public void getTopic(GetTopicRequest request, StreamObserver<Topic> to) {
        Topic topic = topics.get(request.getTopic());
        if (topic == null) {
            to.onError(Status.NOT_FOUND.asRuntimeException());
        } else {
            answer(to, topic);
        }
    }

    @Override
    public void listTopicSubscriptions(
            ListTopicSubscriptionsRequest request, StreamObserver<ListTopicSubscriptionsResponse> to) {
        answer(to, ListTopicSubscriptionsResponse.getDefaultInstance());
    }

    @Override
    public void publish(PublishRequest request, StreamObserver<PublishResponse> to) {
        synchronized (arrived) {
            for (PubsubMessage message : request.getMessagesList()) {
                byte[] data = message.getData().toByteArray();
                // A fence of ours carries nothing.
                if (data.length > 0) {
                    int from = Stamped.event(data);
                    arrived.event(Form.decode(data, from).key(), data, from, data.length);
                }
            }
        }
        answer(to, stored.computeIfAbsent(request.getMessagesCount(), Topics::response));
    }

    private static PublishResponse response(int messages) {
        PublishResponse.Builder response = PublishResponse.newBuilder();
        for (int i = 0; i < messages; i++) {
            response.addMessageIds(Long.toString(10_000_000_000L + i));
        }
        return response.build();
    }

    static <T> void answer(StreamObserver<T> to, T answer) {
        to.onNext(answer);
        to.onCompleted();
    }
}
