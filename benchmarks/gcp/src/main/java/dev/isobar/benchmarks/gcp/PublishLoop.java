package dev.isobar.benchmarks.gcp;

import com.google.api.core.ApiFuture;
import com.google.cloud.pubsub.v1.stub.PublisherStub;
import com.google.protobuf.UnsafeByteOperations;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PubsubMessage;
import dev.isobar.benchmarks.layer.Content;
import dev.isobar.benchmarks.layer.Form;
import dev.isobar.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Publishing as one would write it with care and nothing else in mind: eight ordering keys, a key always with the same one, 1,000 messages a request, one request of an
 * ordering key under way.
 */
final class PublishLoop {
    private static final int MESSAGES = 1_000;

    private final PublisherStub publisher;
    private final String topic;
    private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();

    PublishLoop(PublisherStub publisher, String topic) {
        this.publisher = publisher;
        this.topic = topic;
    }

    private record Answer(Lane lane, ApiFuture<PublishResponse> future) {}

    private static final class Lane {
        private final String orderingKey;
        private final List<Event> events = new ArrayList<>();
        private int next;

        Lane(int number) {
            this.orderingKey = "p" + number;
        }
    }

    void append(List<Event> events) throws Exception {
        Lane[] lanes = new Lane[Content.PARTITIONS];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new Lane(i);
        }
        for (Event event : events) {
            lanes[(event.key().hashCode() & 0x7FFFFFFF) % lanes.length].events.add(event);
        }
        int flying = 0;
        for (Lane lane : lanes) {
            flying += send(lane);
        }
        while (flying > 0) {
            Answer answer = answers.take();
            answer.future().get();
            flying += send(answer.lane()) - 1;
        }
    }

    private int send(Lane lane) {
        int end = Math.min(lane.events.size(), lane.next + MESSAGES);
        if (lane.next == end) {
            return 0;
        }
        PublishRequest.Builder request = PublishRequest.newBuilder().setTopic(topic);
        for (; lane.next < end; lane.next++) {
            request.addMessages(PubsubMessage.newBuilder()
                    .setOrderingKey(lane.orderingKey)
                    .setData(UnsafeByteOperations.unsafeWrap(Form.encode(lane.events.get(lane.next)))));
        }
        ApiFuture<PublishResponse> future = publisher.publishCallable().futureCall(request.build());
        future.addListener(() -> answers.add(new Answer(lane, future)), Runnable::run);
        return 1;
    }
}
