package dev.isobar.emulator.gcp.pubsub;

import com.google.protobuf.Empty;
import com.google.pubsub.v1.DeleteTopicRequest;
import com.google.pubsub.v1.DetachSubscriptionRequest;
import com.google.pubsub.v1.DetachSubscriptionResponse;
import com.google.pubsub.v1.GetTopicRequest;
import com.google.pubsub.v1.ListTopicSnapshotsRequest;
import com.google.pubsub.v1.ListTopicSnapshotsResponse;
import com.google.pubsub.v1.ListTopicSubscriptionsRequest;
import com.google.pubsub.v1.ListTopicSubscriptionsResponse;
import com.google.pubsub.v1.ListTopicsRequest;
import com.google.pubsub.v1.ListTopicsResponse;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PublisherGrpc;
import com.google.pubsub.v1.Topic;
import com.google.pubsub.v1.UpdateTopicRequest;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** {@code google.pubsub.v1.Publisher}. */
final class PublisherService extends PublisherGrpc.PublisherImplBase {
    private final Resources resources;

    PublisherService(Resources resources) {
        this.resources = resources;
    }

    @Override
    public void createTopic(Topic request, StreamObserver<Topic> to) {
        Answers.answer(to, () -> resources.create(request));
    }

    @Override
    public void updateTopic(UpdateTopicRequest request, StreamObserver<Topic> to) {
        Answers.answer(
                to,
                () -> resources.update(
                        request.getTopic(), request.getUpdateMask().getPathsList()));
    }

    @Override
    public void getTopic(GetTopicRequest request, StreamObserver<Topic> to) {
        Answers.answer(to, () -> resources.topic(request.getTopic()).topic());
    }

    @Override
    public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> to) {
        Answers.answer(
                to,
                () -> Answers.page(
                        resources.topicsOf(request.getProject()),
                        Topic::getName,
                        request.getPageSize(),
                        request.getPageToken(),
                        (page, next) -> ListTopicsResponse.newBuilder()
                                .addAllTopics(page)
                                .setNextPageToken(next)
                                .build()));
    }

    @Override
    public void listTopicSubscriptions(
            ListTopicSubscriptionsRequest request, StreamObserver<ListTopicSubscriptionsResponse> to) {
        Answers.answer(
                to,
                () -> Answers.page(
                        resources.subscriptionsOf(resources.topic(request.getTopic())).stream()
                                .map(s -> s.subscription().getName())
                                .toList(),
                        name -> name,
                        request.getPageSize(),
                        request.getPageToken(),
                        (page, next) -> ListTopicSubscriptionsResponse.newBuilder()
                                .addAllSubscriptions(page)
                                .setNextPageToken(next)
                                .build()));
    }

    @Override
    public void listTopicSnapshots(ListTopicSnapshotsRequest request, StreamObserver<ListTopicSnapshotsResponse> to) {
        Answers.answer(
                to,
                () -> Answers.page(
                        resources.snapshotsOf(resources.topic(request.getTopic())).stream()
                                .map(s -> s.snapshot().getName())
                                .toList(),
                        name -> name,
                        request.getPageSize(),
                        request.getPageToken(),
                        (page, next) -> ListTopicSnapshotsResponse.newBuilder()
                                .addAllSnapshots(page)
                                .setNextPageToken(next)
                                .build()));
    }

    @Override
    public void deleteTopic(DeleteTopicRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            resources.deleteTopic(request.getTopic());
            return Empty.getDefaultInstance();
        });
    }

    @Override
    public void detachSubscription(DetachSubscriptionRequest request, StreamObserver<DetachSubscriptionResponse> to) {
        Answers.answer(to, () -> {
            resources.detach(request.getSubscription());
            return DetachSubscriptionResponse.getDefaultInstance();
        });
    }

    @Override
    public void publish(PublishRequest request, StreamObserver<PublishResponse> to) {
        TopicState topic;
        List<String> ids;
        try {
            topic = resources.topic(request.getTopic());
            Rules.messages(request.getMessagesList(), request.getSerializedSize());
            ids = topic.publish(request.getMessagesList());
        } catch (RuntimeException e) {
            to.onError(Answers.status(e));
            return;
        }
        to.onNext(PublishResponse.newBuilder().addAllMessageIds(ids).build());
        to.onCompleted();
        // After the answer: who published does not wait for who subscribed.
        resources.subscriptionsOf(topic).forEach(SubscriptionState::pump);
    }
}
