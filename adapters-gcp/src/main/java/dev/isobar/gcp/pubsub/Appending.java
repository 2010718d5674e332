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
 *
 * <p>Events are encoded in the order in which they are given, not partition by partition: that reads memory forward, which is a quarter of an append's time.
 */
final class Appending {
    /** Pub/Sub takes 1,000 messages and 10 MB a request; the rest is room for what is around the messages. */
    static final int MAX_MESSAGES = 1_000;

    static final long MAX_REQUEST_BYTES = 9_500_000;
    /** Of one append, encoded and not yet answered. */
    private static final long MAX_BYTES_HELD = 64 << 20;
    /** What a message takes beside its data: ordering key, lengths. */
    private static final int AROUND = 32;

    private final PubSub pubsub;
    private final String stream;
    private final String topic;
    private final Writer writer;
    private final @Nullable Lane[] lanes;
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final Map<Integer, String> failures = new TreeMap<>();
    /** Makes each message in turn. */
    private final PubsubMessage.Builder message = PubsubMessage.newBuilder();

    private int requests;
    private long held;
    private int accepted;
    private @Nullable IsobarException refused;

    Appending(PubSub pubsub, String stream, String topic, Writer writer, int partitions) {
        this.pubsub = pubsub;
        this.stream = stream;
        this.topic = topic;
        this.writer = writer;
        this.lanes = new Lane[partitions];
    }

    /** What one request holds: encoded events of a partition, and where they stand in the append. */
    private static final class Batch {
        private final Lane lane;
        private final List<byte[]> data = new ArrayList<>();
        private int[] indexes = new int[16];
        private long bytes;
        /** The sequence of its last event. */
        private long last;

        Batch(Lane lane) {
            this.lane = lane;
        }

        boolean takes(long more) {
            return data.isEmpty() || data.size() < MAX_MESSAGES && bytes + more <= MAX_REQUEST_BYTES;
        }

        void add(int index, byte[] one, long more) {
            if (data.size() == indexes.length) {
                indexes = Arrays.copyOf(indexes, indexes.length * 2);
            }
            indexes[data.size()] = index;
            data.add(one);
            bytes += more;
        }
    }

    private record Answer(Batch batch, ApiFuture<PublishResponse> future) {}

    /** One partition: at most one request on its way, what waits for its answer, and what is being filled. */
    private static final class Lane {
        private final int partition;
        private final Deque<Batch> full = new ArrayDeque<>();
        private Batch filling = new Batch(this);
        private boolean underway;
        /** Why nothing more is sent. */
        private @Nullable String stopped;

        Lane(int partition) {
            this.partition = partition;
        }

        void close() {
            if (!filling.data.isEmpty()) {
                full.add(filling);
                filling = new Batch(this);
            }
        }
    }

    /**
     * Sends all and waits.
     * @throws IsobarException if a request failed and nothing is stored
     */
    AppendResult run(List<Event> events) {
        for (int i = 0; i < events.size(); i++) {
            add(i, EventEnvelope.encode(events.get(i), Stamp.BYTES));
        }
        sendAll();
        while (requests > 0) {
            take(next());
        }
        if (accepted == 0 && refused != null) {
            throw refused;
        }
        return new AppendResult(accepted, accepted, Map.copyOf(failures));
    }

    private void add(int index, byte[] one) {
        Lane lane = lane(Partitions.of(EventEnvelope.key(one, Stamp.BYTES), lanes.length));
        long size = one.length + AROUND;
        if (!lane.filling.takes(size)) {
            lane.close();
            send(lane);
            for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
                take(answer);
            }
        }
        // Asked now, not before: one of the answers may have been this lane's refusal.
        if (lane.stopped != null) {
            failures.put(index, lane.stopped);
            return;
        }
        lane.filling.add(index, one, size);
        held += size;
        while (held > MAX_BYTES_HELD) {
            if (requests == 0) {
                sendAll();
            }
            take(next());
        }
    }

    private Lane lane(int partition) {
        Lane lane = lanes[partition];
        if (lane == null) {
            lane = new Lane(partition);
            lanes[partition] = lane;
        }
        return lane;
    }

    private void sendAll() {
        for (Lane lane : lanes) {
            if (lane != null) {
                lane.close();
                send(lane);
            }
        }
    }

    /** Sends the next request of a partition, unless one is on its way. */
    private void send(Lane lane) {
        Batch batch = lane.underway ? null : lane.full.poll();
        if (batch != null) {
            lane.underway = true;
            requests++;
            ApiFuture<PublishResponse> future = pubsub.publish(request(batch));
            future.addListener(() -> answers.add(new Answer(batch, future)), Runnable::run);
        }
    }

    private PublishRequest request(Batch batch) {
        int partition = batch.lane.partition;
        Writer.Run run = writer.reserve(partition, batch.data.size());
        List<PubsubMessage> messages = new ArrayList<>(batch.data.size());
        message.setOrderingKey(Partitions.orderingKey(partition));
        long sequence = run.first();
        long behind = run.behind();
        // Alone, so that the processor fetches many of them at a time: since they were made others were.
        for (byte[] one : batch.data) {
            Stamp.write(one, writer.id(), sequence, behind);
            behind = sequence;
            sequence++;
        }
        batch.last = behind;
        for (byte[] one : batch.data) {
            // Not copied: nobody else has the array.
            messages.add(message.setData(UnsafeByteOperations.unsafeWrap(one)).build());
        }
        return PublishRequest.newBuilder()
                .setTopic(topic)
                .addAllMessages(messages)
                .build();
    }

    private Answer next() {
        try {
            return answers.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw pubsub.cancelled("append", stream);
        }
    }

    private void take(Answer answer) {
        Batch batch = answer.batch();
        Lane lane = batch.lane;
        lane.underway = false;
        requests--;
        held -= batch.bytes;
        try {
            answer.future().get();
            writer.stored(lane.partition, batch.last);
            accepted += batch.data.size();
            send(lane);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw pubsub.cancelled("append", stream);
        } catch (ExecutionException e) {
            refused = pubsub.translate(e, "append", stream);
            stop(batch, refused);
        }
    }

    /** A request was not taken: nothing that follows it in its partition may be stored. */
    private void stop(Batch batch, IsobarException why) {
        Lane lane = batch.lane;
        String rest = why.code() + ": not sent, because what precedes it in its partition was not stored";
        lane.stopped = rest;
        fail(batch, why.code() + ": " + why.getMessage());
        lane.close();
        for (Batch unsent = lane.full.poll(); unsent != null; unsent = lane.full.poll()) {
            held -= unsent.bytes;
            fail(unsent, rest);
        }
    }

    private void fail(Batch batch, String why) {
        for (int i = 0; i < batch.data.size(); i++) {
            failures.put(batch.indexes[i], why);
        }
    }
}
