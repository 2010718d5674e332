package dev.isobar.gcp.pubsub;

import com.google.api.core.ApiFuture;
import com.google.pubsub.v1.PublishRequest;
import com.google.pubsub.v1.PublishResponse;
import com.google.pubsub.v1.PubsubMessage;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.EventSink;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all partitions of a stream through a subscription of its own, and proves what it shows: an event once, however often Pub/Sub stored or delivered it; a
 * partition in the order of its log, or else it begins again behind what it has shown; nothing only after a {@link Fence} sent to each partition came back. Not
 * thread safe.
 */
final class PubSubReader implements EventReader {
    private static final Logger LOG = LoggerFactory.getLogger(PubSubReader.class);
    private static final long FENCE_AGAIN_NANOS = Duration.ofSeconds(20).toNanos();
    private static final int FENCES = 6;
    private static final int RESTARTS = 30;
    private static final int ASIDE = 500;

    private final PubSub pubsub;
    private final Source source;
    private final String generation;
    private final Lane[] lanes;
    private final @Nullable Long availableFrom;
    private final MessageView view;
    private final Bytes bytes = new Bytes();
    private final DeadLetters letters;
    /** Messages among the letters; acknowledged when those are stored. */
    private final List<Arrival> aside = new ArrayList<>();

    private Feed feed;
    private long turn;
    private int restarts;
    private boolean closed;

    /** What a reader reads, and how it begins again. */
    interface Source {
        /** The stream's name. */
        String stream();

        /** Its topic's path. */
        String topic();

        /** Another one for every stream that ever was. */
        String generation();

        /** How this reader's fences are marked. */
        String reader();

        /** How far publish times of messages may lie from the order in which they are delivered, microseconds. */
        long overlap();

        /** Opens a subscription that delivers from a publish time on, microseconds since the epoch. */
        Feed open(long fromMicros);

        /** Throws if this reader may not go on. */
        void checkOwner();

        DeadLetters deadLetters();
    }

    /** One partition and how far it is shown. */
    private static final class Lane {
        private final Seen seen = new Seen();
        /** Where it is to begin; null when it has been met, or there is none. */
        private @Nullable Place after;
        /** Whether the known time at which it is to begin has not been reached. */
        private boolean seeking;
        /** The last that was taken, fences too. */
        private @Nullable PubsubMessage last;

        private long fence = -1;
        /** The stamp before which something was missing when the reader began again last. */
        private @Nullable Stamp gap;

        /** When Pub/Sub took what was taken last; 0 if nothing was. */
        long published() {
            return last == null ? 0 : Place.published(last);
        }
    }

    /**
     * Opens the first subscription.
     *
     * @param after what is not wanted again, by partition
     * @param availableFrom where in known time to begin, microseconds; null for no such bound
     */
    PubSubReader(
            PubSub pubsub, Source source, int partitions, Map<Integer, Place> after, @Nullable Long availableFrom) {
        this.pubsub = pubsub;
        this.source = source;
        this.availableFrom = availableFrom;
        this.generation = source.generation();
        this.view = new MessageView(generation);
        this.letters = source.deadLetters();
        this.lanes = new Lane[partitions];
        for (int i = 0; i < partitions; i++) {
            lanes[i] = new Lane();
            lanes[i].after = after.get(i);
            lanes[i].seeking = availableFrom != null;
        }
        this.feed = source.open(from());
    }

    /** The publish time from which everything is needed. What was delivered before is known again by its stamp. */
    private long from() {
        long from = Long.MAX_VALUE;
        for (Lane lane : lanes) {
            long mine = lane.published();
            if (mine == 0 && lane.after != null) {
                mine = lane.after.published();
            }
            from = Math.min(from, mine);
        }
        return from == 0 ? 0 : Math.max(0, from - source.overlap());
    }

    @Override
    public List<Delivery> poll(int max, Duration wait) {
        List<Delivery> out = new ArrayList<>(Math.min(Math.max(max, 0), 4096));
        poll(max, wait, e -> out.add(new Delivery(e.event(), e.partition(), e.position())));
        return out;
    }

    @Override
    public int poll(int max, Duration wait, EventSink into) {
        int shown = wait(max, wait, into);
        settle();
        return shown;
    }

    /** Stores what was put aside: it may be committed as soon as this poll has returned. */
    private void settle() {
        if (!aside.isEmpty()) {
            letters.settle();
            aside.forEach(feed::acknowledge);
            aside.clear();
        }
        feed.settle();
    }

    private int wait(int max, Duration wait, EventSink into) {
        if (max < 1) {
            throw invalid("A poll wants " + max + " events; it must want at least 1");
        }
        if (closed) {
            throw invalid("The reader of stream " + source.stream() + " is closed");
        }
        long began = System.nanoTime();
        long patience = wait.toNanos();
        int shown = show(max, 0, into);
        while (shown == 0) {
            long left = patience - (System.nanoTime() - began);
            if (left <= 0) {
                return prove(max, into);
            }
            shown = show(max, left, into);
        }
        return shown;
    }

    /** Shows what is there; waits for a first message only. */
    private int show(int max, long nanos, EventSink into) {
        int shown = 0;
        long left = nanos;
        while (shown < max) {
            Arrival arrival = take(left);
            if (arrival == null) {
                break;
            }
            left = 0;
            shown += show(arrival, into);
        }
        return shown;
    }

    private @Nullable Arrival take(long nanos) {
        Arrival arrival;
        try {
            arrival = feed.take(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw pubsub.cancelled("poll", source.stream());
        }
        if (arrival == null && feed.isOver()) {
            recover(feed.failure());
        }
        return arrival;
    }

    /** Shows something, or finds out that there is nothing. */
    private int prove(int max, EventSink into) {
        settle();
        for (int attempt = 0; attempt < FENCES; attempt++) {
            turn++;
            fence();
            long sent = System.nanoTime();
            while (System.nanoTime() - sent < FENCE_AGAIN_NANOS) {
                int shown = show(max, FENCE_AGAIN_NANOS - (System.nanoTime() - sent), into);
                if (shown > 0) {
                    return shown;
                }
                if (fenced() && !vanished()) {
                    return 0;
                }
            }
            LOG.warn("Stream {}: a reader's fences did not come back in time; sent again", source.stream());
        }
        throw pubsub.error(
                        ErrorCode.TIMEOUT,
                        "Pub/Sub did not deliver within two minutes what was published to the stream "
                                + source.stream(),
                        "poll",
                        source.stream())
                .hint("Open the reader again; if that does not help, look at the topic's subscriptions and quotas.")
                .build();
    }

    private boolean fenced() {
        for (Lane lane : lanes) {
            if (lane.fence < turn) {
                return false;
            }
        }
        return true;
    }

    private void fence() {
        Fence fence = new Fence(source.reader(), turn);
        List<ApiFuture<PublishResponse>> sent = new ArrayList<>(lanes.length);
        for (int partition = 0; partition < lanes.length; partition++) {
            sent.add(pubsub.publish(PublishRequest.newBuilder()
                    .setTopic(source.topic())
                    .addMessages(fence.message(partition))
                    .build()));
        }
        for (ApiFuture<PublishResponse> each : sent) {
            try {
                each.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw pubsub.cancelled("poll", source.stream());
            } catch (ExecutionException e) {
                throw pubsub.translate(e, "poll", source.stream());
            }
        }
    }

    /**
     * Whether a place to begin behind was not met although its partition was read to its end: retention has removed it. Then everything that is retained lies
     * behind it.
     */
    private boolean vanished() {
        boolean any = false;
        for (Lane lane : lanes) {
            any |= lane.after != null;
        }
        if (any) {
            for (int partition = 0; partition < lanes.length; partition++) {
                if (lanes[partition].after != null) {
                    forgetStart(partition);
                }
            }
            restart("a place to begin behind is not retained any more");
        }
        return any;
    }

    private void forgetStart(int partition) {
        LOG.info(
                "Stream {}: the place to begin behind in partition {} is not retained any more; reading from the first retained event",
                source.stream(),
                partition);
        boolean seeking = lanes[partition].seeking;
        lanes[partition] = new Lane();
        lanes[partition].seeking = seeking;
    }

    private int show(Arrival arrival, EventSink into) {
        PubsubMessage message = arrival.message();
        int partition = Partitions.number(message.getOrderingKey(), lanes.length);
        if (partition < 0) {
            misplaced(arrival);
            return 0;
        }
        Lane lane = lanes[partition];
        // A fence carries nothing; whose messages carry something is not asked for attributes.
        Fence fence = message.getData().isEmpty() ? Fence.of(message.getAttributesMap()) : null;
        if (fence != null) {
            if (fence.reader().equals(source.reader())) {
                lane.fence = Math.max(lane.fence, fence.turn());
                lane.last = message;
            }
            feed.acknowledge(arrival);
            return 0;
        }
        byte[] data = bytes.of(message.getData());
        Stamp stamp = Stamp.of(data);
        if (stamp == null) {
            if (!lane.seen.addForeign(message.getMessageId())) {
                feed.acknowledge(arrival);
                return 0;
            }
        } else {
            switch (lane.seen.judge(stamp)) {
                case AGAIN -> {
                    feed.acknowledge(arrival);
                    return 0;
                }
                case GAP -> {
                    if (!stamp.equals(lane.gap)) {
                        // Not acknowledged, not remembered: the next subscription brings it, in order.
                        lane.gap = stamp;
                        restart("something is missing before " + stamp + " of partition " + partition);
                        return 0;
                    }
                    LOG.warn(
                            "Stream {}: what its writer stored before {} in partition {} is not delivered; retention or a seek of somebody else has removed it",
                            source.stream(),
                            stamp,
                            partition);
                }
                case NEW -> {}
            }
            lane.seen.add(stamp);
        }
        lane.last = message;
        if (isWanted(lane, partition, message, stamp)) {
            return offer(partition, arrival, data, stamp, into);
        }
        feed.acknowledge(arrival);
        return 0;
    }

    /** Whether a message lies behind the place where its partition is to begin. */
    private boolean isWanted(Lane lane, int partition, PubsubMessage message, @Nullable Stamp stamp) {
        Place after = lane.after;
        if (after == null) {
            return true;
        }
        Place place = Place.of(generation, partition, message, stamp);
        if (after.isSame(place)) {
            lane.after = null;
        } else if (place.published() > after.published() + source.overlap()) {
            forgetStart(partition);
            restart("a place to begin behind is not retained any more");
        }
        return false;
    }

    private int offer(int partition, Arrival arrival, byte[] data, @Nullable Stamp stamp, EventSink into) {
        try {
            view.at(arrival.message(), partition, data, stamp);
        } catch (IsobarException corrupt) {
            if (letters.put(arrival.message(), String.valueOf(corrupt.getMessage()))) {
                putAside(arrival);
                return 0;
            }
            throw corrupt.located(pubsub.instance(), "EventStream", "poll", source.stream());
        }
        int shown = 0;
        Lane lane = lanes[partition];
        if (lane.seeking && availableFrom != null && view.availableTime() >= availableFrom) {
            lane.seeking = false;
        }
        if (!lane.seeking) {
            restarts = 0;
            into.take(view);
            shown = 1;
        }
        feed.acknowledge(arrival);
        return shown;
    }

    /** Somebody wrote a message that is in no partition, so it has no place that could be found again. */
    private void misplaced(Arrival arrival) {
        PubsubMessage message = arrival.message();
        String why = "The message " + message.getMessageId() + " has the ordering key '" + message.getOrderingKey()
                + "', which is no partition of the stream";
        if (!letters.put(message, why)) {
            throw pubsub.error(ErrorCode.CORRUPT, why, "poll", source.stream())
                    .hint(
                            "Whoever writes to the topic beside Isobar must use the ordering keys p0, p1, …. Set pubsub.dead-letter-topic to have such messages put aside.")
                    .build();
        }
        putAside(arrival);
    }

    /** Acknowledged when it is stored. What waits for that is bounded, or nothing else would come. */
    private void putAside(Arrival arrival) {
        aside.add(arrival);
        if (aside.size() >= ASIDE) {
            settle();
        }
    }

    private void recover(@Nullable Throwable why) {
        IsobarException failure =
                pubsub.translate(why == null ? new IllegalStateException("no reason") : why, "poll", source.stream());
        boolean gone = failure.code() == ErrorCode.NOT_FOUND;
        if (gone) {
            // Either the subscription was taken away by whoever has the group now, or it expired.
            source.checkOwner();
        }
        // A stream that is aborted, cancelled by its server or closed is a stream that has ended.
        boolean passing = failure.retryable()
                || failure.code() == ErrorCode.CONFLICT && failure.getCause() instanceof StatusRuntimeException
                || failure.code() == ErrorCode.CANCELLED && failure.getCause() instanceof StatusRuntimeException;
        if (!gone && !passing || ++restarts > RESTARTS) {
            throw failure;
        }
        restart(String.valueOf(failure.getMessage()));
    }

    /** Reads on with a new subscription, behind what was shown. */
    private void restart(String why) {
        LOG.info("Stream {}: a reader begins again: {}", source.stream(), why);
        settle();
        feed.close();
        feed = source.open(from());
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            feed.close();
        }
    }

    private IsobarException invalid(String message) {
        return pubsub.error(ErrorCode.INVALID_ARGUMENT, message, "poll", source.stream())
                .build();
    }
}
