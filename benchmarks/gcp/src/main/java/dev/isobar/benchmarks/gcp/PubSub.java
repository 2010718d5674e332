package dev.isobar.benchmarks.gcp;

import static dev.isobar.benchmarks.layer.Streams.STREAM;

import com.google.api.core.ApiFuture;
import com.google.api.core.ApiFutures;
import com.google.api.gax.batching.BatchingSettings;
import com.google.api.gax.batching.FlowControlSettings;
import com.google.cloud.pubsub.v1.AckReplyConsumer;
import com.google.cloud.pubsub.v1.MessageReceiver;
import com.google.cloud.pubsub.v1.Publisher;
import com.google.cloud.pubsub.v1.Subscriber;
import com.google.cloud.pubsub.v1.stub.PublisherStub;
import com.google.cloud.pubsub.v1.stub.PublisherStubSettings;
import com.google.cloud.pubsub.v1.stub.SubscriberStub;
import com.google.cloud.pubsub.v1.stub.SubscriberStubSettings;
import com.google.protobuf.UnsafeByteOperations;
import com.google.pubsub.v1.PubsubMessage;
import dev.isobar.benchmarks.layer.Content;
import dev.isobar.benchmarks.layer.Form;
import dev.isobar.benchmarks.layer.Interleaved;
import dev.isobar.benchmarks.layer.Other;
import dev.isobar.benchmarks.layer.Streams;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.event.Event;
import dev.isobar.port.EventStream;
import dev.isobar.spi.AdapterSession;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;

/** The stream: events to messages, and back to events. */
final class PubSub {
    private static final String TOPIC = "projects/" + Clients.PROJECT + "/topics/isobar." + STREAM;
    private static final String SUBSCRIPTION = "projects/" + Clients.PROJECT + "/subscriptions/loop";
    static final long WAITING = 10_000;
    static final long WAITING_BYTES = 64 << 20;

    private PubSub() {}

    /** Publishing: ours, a loop on the generated client, and Google's high-level one. */
    static void publish(Other other, JsonLine into, int passes, double seconds) throws Exception {
        List<Event> events = Streams.written();
        ManagedChannel channel = Clients.channel(other);
        PublisherStubSettings.Builder settings = PublisherStubSettings.newBuilder()
                .setTransportChannelProvider(Clients.provider(channel))
                .setCredentialsProvider(Clients.nobody());
        settings.publishSettings()
                .setBatchingSettings(
                        BatchingSettings.newBuilder().setIsEnabled(false).build());
        Publisher publisher = Publisher.newBuilder(TOPIC)
                .setChannelProvider(Clients.provider(channel))
                .setCredentialsProvider(Clients.nobody())
                .setEnableMessageOrdering(true)
                .setBatchingSettings(BatchingSettings.newBuilder()
                        .setElementCountThreshold(1_000L)
                        .setRequestByteThreshold(9_000_000L)
                        .setDelayThresholdDuration(Duration.ofMillis(10))
                        .build())
                .build();
        try (AdapterSession session = Clients.isobar(other);
                PublisherStub stub = settings.build().createStub()) {
            EventStream stream = session.eventStream();
            stream.create(STREAM, Content.PARTITIONS);
            new Interleaved(
                            other,
                            Streams.appending("isobar", stream, STREAM, events),
                            Streams.side("sdk", events, new PublishLoop(stub, TOPIC)::append),
                            Streams.side("google_publisher", events, some -> publish(publisher, some)))
                    .measure("", into, events.size(), passes, seconds);
        } finally {
            publisher.shutdown();
            channel.shutdownNow();
        }
    }

    private static void publish(Publisher publisher, List<Event> events) throws Exception {
        List<ApiFuture<String>> futures = new ArrayList<>(events.size());
        for (Event event : events) {
            futures.add(publisher.publish(PubsubMessage.newBuilder()
                    .setOrderingKey("p" + (event.key().hashCode() & 0x7FFFFFFF) % Content.PARTITIONS)
                    .setData(UnsafeByteOperations.unsafeWrap(Form.encode(event)))
                    .build()));
        }
        publisher.publishAllOutstanding();
        ApiFutures.allAsList(futures).get();
    }

    /** Pulling, a new reader each pass: ours, a loop on the generated client, and Google's subscriber with the same bounds and a queue. */
    static void pull(Other other, JsonLine into, int passes, double seconds) throws Exception {
        ManagedChannel channel = Clients.channel(other);
        try (AdapterSession session = Clients.isobar(other);
                SubscriberStub stub = SubscriberStubSettings.newBuilder()
                        .setTransportChannelProvider(Clients.provider(channel))
                        .setCredentialsProvider(Clients.nobody())
                        .build()
                        .createStub()) {
            EventStream stream = session.eventStream();
            stream.create(STREAM, Content.PARTITIONS);
            new Interleaved(
                            other,
                            Streams.polling("isobar", stream),
                            Streams.reading("sdk", new PullLoop(stub, SUBSCRIPTION)::read),
                            Streams.sinking("isobar_sink", stream),
                            Streams.reading("google_subscriber", seen -> pull(channel, seen)))
                    .measure("", into, Streams.READ, passes, seconds);
        } finally {
            channel.shutdownNow();
        }
    }

    private record Arrival(PubsubMessage message, AckReplyConsumer reply) {}

    private static void pull(ManagedChannel channel, Streams.Seen seen) throws InterruptedException {
        LinkedBlockingQueue<Arrival> arrived = new LinkedBlockingQueue<>();
        Subscriber subscriber = Subscriber.newBuilder(
                        SUBSCRIPTION, (MessageReceiver) (message, reply) -> arrived.add(new Arrival(message, reply)))
                .setChannelProvider(Clients.provider(channel))
                .setCredentialsProvider(Clients.nobody())
                .setParallelPullCount(1)
                .setFlowControlSettings(FlowControlSettings.newBuilder()
                        .setMaxOutstandingElementCount(WAITING)
                        .setMaxOutstandingRequestBytes(WAITING_BYTES)
                        .build())
                .build();
        subscriber.startAsync();
        for (int shown = 0; shown < Streams.READ; shown++) {
            Arrival next = arrived.take();
            byte[] data = next.message().getData().toByteArray();
            seen.event(next.message().getOrderingKey().charAt(1) - '0', Form.decode(data, Stamped.event(data)));
            next.reply().ack();
        }
        subscriber.stopAsync().awaitTerminated();
    }
}
