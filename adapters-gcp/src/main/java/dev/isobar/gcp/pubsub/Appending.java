package dev.isobar.gcp.pubsub;

import com.google.api.core.ApiFuture;
import com.google.protobuf.UnsafeByteOperations;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PubsubMessage;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.port.EventStream.AppendResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * One append. A request holds messages of one ordering key, and a partition's next request is sent when the one before has been answered: what is sent again
 * after a lost answer can then only stand behind its own first copy, never behind what follows it. Partitions go on side by side, with bounded bytes on their
 * way. When a request has failed for good, the rest of its partition is not sent. Used once, by one thread.
 */
final class Appending {
    /** Pub/Sub takes 1,000 messages and 10 MB a request; the rest is room for what is around the messages. */
    static final int MAX_MESSAGES = 1_000;

    static final long MAX_REQUEST_BYTES = 9_500_000;
    /** Of one append on its way. */
    private static final long MAX_BYTES_UNDERWAY = 64 << 20;
    /** What a message takes beside its data: ordering key, lengths. */
    private static final int AROUND = 32;

    private final PubSub pubsub;
    private final String stream;
    private final String topic;
    private final Writer writer;
    private final int stampBytes;
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final Map<Integer, String> failures = new TreeMap<>();
    private int accepted;
    private @Nullable IsobarException refused;

    Appending(PubSub pubsub, String stream, String topic, Writer writer) {
        this.pubsub = pubsub;
        this.stream = stream;
        this.topic = topic;
        this.writer = writer;
        this.stampBytes = Stamp.bytes(writer.session());
    }

    /** A request with what it holds. */
    private record Batch(Lane lane, int first, int end, long last, long bytes, PublishRequest request) {}

    private record Answer(Batch batch, ApiFuture<PublishResponse> future) {}

    /** The events of one partition, as indexes into the append. */
    private static final class Lane {
        private final int partition;
        private int[] indexes = new int[16];
        private int size;
        /** How many have been sent. */
        private int next;

        Lane(int partition) {
            this.partition = partition;
        }

        void add(int index) {
            if (size == indexes.length) {
                indexes = Arrays.copyOf(indexes, size * 2);
            }
            indexes[size++] = index;
        }

        boolean isSent() {
            return next == size;
        }
    }

    /**
     * Sends all and waits.
     * @throws IsobarException if a request failed and nothing is stored
     */
    AppendResult run(List<Event> events, int partitions) {
        @Nullable Lane[] lanes = new Lane[partitions];
        Deque<Lane> ready = new ArrayDeque<>();
        for (int i = 0; i < events.size(); i++) {
            int partition = Partitions.of(events.get(i).key(), partitions);
            Lane lane = lanes[partition];
            if (lane == null) {
                lane = new Lane(partition);
                lanes[partition] = lane;
                ready.add(lane);
            }
            lane.add(i);
        }
        long underway = 0;
        int requests = 0;
        while (requests > 0 || !ready.isEmpty()) {
            while (!ready.isEmpty() && underway < MAX_BYTES_UNDERWAY) {
                Batch batch = next(ready.removeFirst(), events);
                underway += batch.bytes();
                requests++;
                send(batch);
            }
            Answer answer = take();
            underway -= answer.batch().bytes();
            requests--;
            if (take(answer) && !answer.batch().lane().isSent()) {
                ready.addLast(answer.batch().lane());
            }
        }
        if (accepted == 0 && refused != null) {
            throw refused;
        }
        return new AppendResult(accepted, accepted, Map.copyOf(failures));
    }

    private Batch next(Lane lane, List<Event> events) {
        int first = lane.next;
        List<byte[]> data = new ArrayList<>(Math.min(MAX_MESSAGES, lane.size - first));
        long bytes = 0;
        while (lane.next < lane.size && data.size() < MAX_MESSAGES) {
            byte[] one = EventEnvelope.encode(events.get(lane.indexes[lane.next]), stampBytes);
            if (!data.isEmpty() && bytes + one.length + AROUND > MAX_REQUEST_BYTES) {
                break;
            }
            lane.next++;
            data.add(one);
            bytes += one.length + AROUND;
        }
        Writer.Run run = writer.reserve(lane.partition, data.size());
        PublishRequest.Builder request = PublishRequest.newBuilder().setTopic(topic);
        String orderingKey = Partitions.orderingKey(lane.partition);
        long sequence = run.first();
        long behind = run.behind();
        for (byte[] one : data) {
            Stamp.write(one, writer.session(), sequence, behind);
            // Not copied: nobody else has the array.
            request.addMessages(PubsubMessage.newBuilder()
                    .setOrderingKey(orderingKey)
                    .setData(UnsafeByteOperations.unsafeWrap(one)));
            behind = sequence;
            sequence++;
        }
        int end = lane.next;
        return new Batch(lane, first, end, sequence - 1, bytes, request.build());
    }

    private void send(Batch batch) {
        ApiFuture<PublishResponse> future = pubsub.publish(batch.request());
        future.addListener(() -> answers.add(new Answer(batch, future)), Runnable::run);
    }

    private Answer take() {
        try {
            return answers.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw pubsub.cancelled("append", stream);
        }
    }

    /** Whether a request's messages are stored. */
    private boolean take(Answer answer) {
        Batch batch = answer.batch();
        try {
            answer.future().get();
            writer.stored(batch.lane().partition, batch.last());
            accepted += batch.end() - batch.first();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw pubsub.cancelled("append", stream);
        } catch (ExecutionException e) {
            IsobarException why = pubsub.translate(e, "append", stream);
            refused = why;
            String reason = why.code() + ": " + why.getMessage();
            Lane lane = batch.lane();
            for (int i = batch.first(); i < lane.size; i++) {
                failures.put(
                        lane.indexes[i],
                        i < batch.end()
                                ? reason
                                : why.code() + ": not sent, because what precedes it in its partition was not stored");
            }
            lane.next = lane.size;
            return false;
        }
    }
}
