package dev.isobar.emulator.gcp.pubsub;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.DeadLetterPolicy;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.ReceivedMessage;
import com.google.pubsub.v1.RetryPolicy;
import com.google.pubsub.v1.Snapshot;
import com.google.pubsub.v1.Subscription;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription has delivered, to whom, and what was acknowledged. Which messages are acknowledged is on disk; deliveries are not, so that after a
 * restart everything unacknowledged is delivered again, as after a lost lease. Thread safe: everything happens under this object's lock.
 *
 * <p>Ordering follows cloud.google.com/pubsub/docs/ordering: messages of a key go to one client at a time, in order; when one is delivered again, so are all
 * that were delivered behind it, acknowledged ones included (with exactly-once delivery only unacknowledged ones). A unary pull gets no message of a key of
 * which an earlier pull still holds some.
 */
final class SubscriptionState {
    private static final int BATCH = 500;
    private static final int BATCH_BYTES = 4_000_000;

    /** The service around it. */
    interface Service {
        /** Sends a message that was delivered too often to the dead-letter topic; false if there is no such topic: then the message stays. */
        boolean forward(String topic, PubsubMessage message);

        /** How often every message is delivered at least: earlier acknowledgements come to nothing. */
        int deliveries();
    }

    private final String uid;
    private final TopicState topic;
    private final AckJournal journal;
    private final Ticker ticker;
    private final Service service;
    private final Filter filter;
    private final Set<Consumer> streams = new LinkedHashSet<>();
    private final Map<Integer, Held> held = new HashMap<>();
    private final Map<Integer, Integer> attempts = new HashMap<>();
    private final Map<String, Lane> lanes = new LinkedHashMap<>();
    private final PriorityQueue<Due> again = new PriorityQueue<>(Comparator.comparingLong(Due::micros));
    private final PriorityQueue<Expiry> expiries = new PriorityQueue<>(Comparator.comparingLong(Expiry::micros));
    private volatile Subscription subscription;
    private volatile boolean detached;
    private int next;
    private long deliveries;
    private long lastUsed;
    private boolean pumping;
    private boolean pumpAgain;

    /** A message that was delivered and not acknowledged. */
    private static final class Held {
        private final Consumer by;
        private final long delivery;
        private final int bytes;
        private final @Nullable Lane lane;
        private long deadline;

        Held(Consumer by, long delivery, int bytes, @Nullable Lane lane) {
            this.by = by;
            this.delivery = delivery;
            this.bytes = bytes;
            this.lane = lane;
        }
    }

    /** The messages of one ordering key that were looked at and are not done with. */
    private static final class Lane {
        private final Deque<Integer> pending = new ArrayDeque<>();
        /** Delivered, from the first unacknowledged on; value: acknowledged. */
        private final NavigableMap<Integer, Boolean> delivered = new TreeMap<>();

        private String owner = "";
        private long due;
    }

    private record Due(int offset, long micros) {}

    private record Expiry(int offset, long delivery, long micros) {}

    /** A subscription as it is on disk. */
    SubscriptionState(
            String uid,
            Subscription subscription,
            boolean detached,
            TopicState topic,
            AckJournal journal,
            Ticker ticker,
            Service service) {
        this.uid = uid;
        this.subscription = subscription;
        this.detached = detached;
        this.topic = topic;
        this.journal = journal;
        this.ticker = ticker;
        this.service = service;
        this.filter = Filter.parse(subscription.getFilter());
        this.next = journal.start();
        this.lastUsed = ticker.micros();
    }

    String uid() {
        return uid;
    }

    TopicState topic() {
        return topic;
    }

    /** As clients see it. */
    Subscription shown() {
        Subscription.Builder shown = subscription.toBuilder()
                .setTopic(topic.shownName())
                .setState(Subscription.State.ACTIVE)
                .setDetached(detached);
        if (topic.retentionMicros() > 0) {
            shown.setTopicMessageRetentionDuration(Durations.fromMicros(topic.retentionMicros()));
        }
        return shown.build();
    }

    Subscription subscription() {
        return subscription;
    }

    synchronized void subscription(Subscription changed) {
        subscription = changed;
    }

    boolean isDetached() {
        return detached;
    }

    synchronized void detach() {
        detached = true;
        clear();
    }

    /** When somebody last did anything with it, for its expiration. */
    synchronized long lastUsed() {
        return streams.isEmpty() ? lastUsed : ticker.micros();
    }

    synchronized void open(Consumer stream) {
        streams.add(stream);
        lastUsed = ticker.micros();
    }

    /** Its messages stay its own until their deadlines have passed, or whoever comes with the same affinity goes on with them. */
    synchronized void closed(Consumer stream) {
        streams.remove(stream);
        lastUsed = ticker.micros();
    }

    /** The consumers with an open stream; a copy. */
    synchronized List<Consumer> streams() {
        return List.copyOf(streams);
    }

    /** Gives every stream what it has room for. May be called by anyone at any time. */
    void pump() {
        synchronized (this) {
            pumpAgain = true;
            if (pumping) {
                // A stream that was handed messages calls back; the loop below goes round once more.
                return;
            }
            pumping = true;
            try {
                while (pumpAgain) {
                    pumpAgain = false;
                    for (Consumer stream : List.copyOf(streams)) {
                        while (stream.isReady() && streams.contains(stream)) {
                            List<ReceivedMessage> batch = take(stream, BATCH);
                            if (batch.isEmpty()) {
                                break;
                            }
                            stream.deliver(batch);
                        }
                    }
                }
            } finally {
                pumping = false;
            }
        }
    }

    /** Delivers to a consumer what it has room for, at most so many. */
    synchronized List<ReceivedMessage> take(Consumer consumer, int max) {
        List<ReceivedMessage> batch = new ArrayList<>();
        if (detached) {
            return batch;
        }
        lastUsed = ticker.micros();
        int bytes = 0;
        while (batch.size() < max && bytes < BATCH_BYTES && consumer.hasRoom()) {
            ReceivedMessage one = next(consumer);
            if (one == null) {
                break;
            }
            batch.add(one);
            bytes += one.getSerializedSize();
        }
        return batch;
    }

    private @Nullable ReceivedMessage next(Consumer consumer) {
        long now = ticker.micros();
        while (!again.isEmpty() && again.element().micros() <= now) {
            int offset = again.remove().offset();
            if (!journal.isAcked(offset) && !held.containsKey(offset) && !isGone(offset, now)) {
                return hold(offset, topic.log().read(offset), null, consumer);
            }
        }
        for (Map.Entry<String, Lane> entry : lanes.entrySet()) {
            Lane lane = entry.getValue();
            while (!lane.pending.isEmpty() && lane.due <= now && mayHave(lane, consumer)) {
                int offset = lane.pending.removeFirst();
                if (!isGone(offset, now)) {
                    return hold(offset, topic.log().read(offset), lane, consumer);
                }
            }
        }
        int size = topic.log().size();
        while (next < size) {
            int offset = next++;
            if (journal.isAcked(offset) || isGone(offset, now)) {
                continue;
            }
            PubsubMessage message = topic.log().read(offset);
            if (!filter.passes(message.getAttributesMap())) {
                // "Pub/Sub automatically acknowledges messages that don't match the filter."
                journal.ack(offset);
                continue;
            }
            if (!subscription.getEnableMessageOrdering()
                    || message.getOrderingKey().isEmpty()) {
                return hold(offset, message, null, consumer);
            }
            Lane lane = lanes.computeIfAbsent(message.getOrderingKey(), k -> new Lane());
            if (lane.pending.isEmpty() && lane.due <= now && mayHave(lane, consumer)) {
                return hold(offset, message, lane, consumer);
            }
            lane.pending.addLast(offset);
        }
        return null;
    }

    private static boolean mayHave(Lane lane, Consumer consumer) {
        return lane.delivered.isEmpty() || lane.owner.equals(consumer.affinity());
    }

    private ReceivedMessage hold(int offset, PubsubMessage message, @Nullable Lane lane, Consumer consumer) {
        long delivery = ++deliveries;
        int bytes = message.getSerializedSize();
        Held one = new Held(consumer, delivery, bytes, lane);
        one.deadline = ticker.micros() + consumer.deadlineMicros();
        held.put(offset, one);
        expiries.add(new Expiry(offset, delivery, one.deadline));
        consumer.took(bytes);
        int attempt = attempts.merge(offset, 1, Integer::sum);
        if (lane != null) {
            lane.owner = consumer.affinity();
            lane.delivered.put(offset, false);
        }
        ReceivedMessage.Builder received = ReceivedMessage.newBuilder()
                .setAckId(new AckId(uid, offset, delivery).text())
                .setMessage(message);
        if (subscription.hasDeadLetterPolicy()) {
            received.setDeliveryAttempt(attempt);
        }
        return received.build();
    }

    /** Whether retention has taken it. */
    private boolean isGone(int offset, long now) {
        long kept = Math.max(topic.retentionMicros(), Durations.toMicros(subscription.getMessageRetentionDuration()));
        return topic.log().published(offset) < now - kept;
    }

    /** Acknowledges deliveries, and says which of them were none any more; only with exactly-once delivery does that matter. */
    List<String> acknowledge(Collection<String> ackIds) {
        List<String> invalid = new ArrayList<>();
        synchronized (this) {
            lastUsed = ticker.micros();
            for (String text : ackIds) {
                AckId id = AckId.parse(text);
                Held one = held(id);
                if (one == null && subscription.getEnableExactlyOnceDelivery()) {
                    invalid.add(text);
                } else if (isLost(id)) {
                    deliverAgain(id.offset());
                } else if (id.subscription().equals(uid)
                        && id.offset() < topic.log().size()) {
                    done(id.offset());
                }
            }
        }
        pump();
        return invalid;
    }

    /** Moves deadlines, and says which deliveries were none any more; 0 seconds deliver again at once. */
    List<String> modify(Collection<String> ackIds, int seconds) {
        if (seconds < 0 || seconds > 600) {
            throw Refused.invalid("Invalid ack deadline given: " + seconds + ". The value must be between 0 and 600.");
        }
        List<String> invalid = new ArrayList<>();
        synchronized (this) {
            lastUsed = ticker.micros();
            for (String text : ackIds) {
                AckId id = AckId.parse(text);
                Held one = held(id);
                if (one == null) {
                    invalid.add(text);
                } else if (seconds == 0) {
                    deliverAgain(id.offset());
                } else {
                    one.deadline = ticker.micros() + seconds * 1_000_000L;
                    expiries.add(new Expiry(id.offset(), one.delivery, one.deadline));
                }
            }
        }
        pump();
        return invalid;
    }

    /** "Pub/Sub delivers each message at least once": an acknowledgement that was taken can be lost, but not where delivery is exactly once. */
    private boolean isLost(AckId id) {
        return !subscription.getEnableExactlyOnceDelivery()
                && id.subscription().equals(uid)
                && attempts.getOrDefault(id.offset(), service.deliveries()) < service.deliveries();
    }

    private @Nullable Held held(AckId id) {
        Held one = held.get(id.offset());
        return one != null && id.subscription().equals(uid) && one.delivery == id.delivery() ? one : null;
    }

    private void done(int offset) {
        journal.ack(offset);
        attempts.remove(offset);
        Held one = held.remove(offset);
        if (one == null) {
            // Acknowledged after its deadline: the service takes it, unless it has been delivered again.
            lanes.values().forEach(lane -> lane.pending.remove(offset));
            return;
        }
        one.by.released(one.bytes);
        Lane lane = one.lane;
        if (lane != null) {
            lane.delivered.put(offset, true);
            while (!lane.delivered.isEmpty() && lane.delivered.firstEntry().getValue()) {
                lane.delivered.pollFirstEntry();
            }
            if (lane.delivered.isEmpty() && lane.pending.isEmpty()) {
                lanes.values().remove(lane);
            }
        }
    }

    private void deliverAgain(int offset) {
        Held one = held.remove(offset);
        if (one == null) {
            return;
        }
        one.by.released(one.bytes);
        int attempt = attempts.getOrDefault(offset, 1);
        if (subscription.hasDeadLetterPolicy() && isDead(offset, attempt)) {
            held.put(offset, one);
            one.by.took(one.bytes);
            done(offset);
            return;
        }
        long due = ticker.micros() + backoff(attempt);
        Lane lane = one.lane;
        if (lane == null) {
            again.add(new Due(offset, due));
            return;
        }
        List<Integer> behind =
                new ArrayList<>(lane.delivered.tailMap(offset, true).keySet());
        for (int i = behind.size() - 1; i >= 0; i--) {
            int each = behind.get(i);
            boolean acked = Boolean.TRUE.equals(lane.delivered.remove(each));
            if (acked && subscription.getEnableExactlyOnceDelivery()) {
                continue;
            }
            Held other = held.remove(each);
            if (other != null) {
                other.by.released(other.bytes);
            }
            journal.again(each);
            lane.pending.addFirst(each);
        }
        lane.due = due;
    }

    private boolean isDead(int offset, int attempt) {
        DeadLetterPolicy policy = subscription.getDeadLetterPolicy();
        if (attempt < policy.getMaxDeliveryAttempts()) {
            return false;
        }
        PubsubMessage message = topic.log().read(offset);
        String[] name = subscription.getName().split("/", -1);
        return service.forward(
                policy.getDeadLetterTopic(),
                message.toBuilder()
                        .clearMessageId()
                        .clearPublishTime()
                        .putAttributes("CloudPubSubDeadLetterSourceDeliveryCount", Integer.toString(attempt))
                        .putAttributes("CloudPubSubDeadLetterSourceSubscription", name[3])
                        .putAttributes("CloudPubSubDeadLetterSourceSubscriptionProject", name[1])
                        .putAttributes(
                                "CloudPubSubDeadLetterSourceTopicPublishTime",
                                Timestamps.toString(message.getPublishTime()))
                        .build());
    }

    /** google.pubsub.v1.RetryPolicy: exponential between its bounds; without one at once. */
    private long backoff(int attempt) {
        if (!subscription.hasRetryPolicy()) {
            return 0;
        }
        RetryPolicy policy = subscription.getRetryPolicy();
        double least = Durations.toMicros(policy.getMinimumBackoff());
        double most = Durations.toMicros(policy.getMaximumBackoff());
        return (long) Math.min(most, least * Math.pow(2, Math.min(attempt - 1, 30)));
    }

    /** Delivers again what was held too long. */
    void tick() {
        boolean work;
        synchronized (this) {
            long now = ticker.micros();
            while (!expiries.isEmpty() && expiries.element().micros() <= now) {
                Expiry expiry = expiries.remove();
                Held one = held.get(expiry.offset());
                if (one != null && one.delivery == expiry.delivery() && one.deadline <= now) {
                    deliverAgain(expiry.offset());
                }
            }
            work = !again.isEmpty() || !lanes.isEmpty();
        }
        if (work) {
            pump();
        }
    }

    /** Delivers everything held again, as if every deadline had passed: a storm of redeliveries. */
    void expireAll() {
        synchronized (this) {
            new ArrayList<>(held.keySet()).forEach(this::deliverAgain);
        }
        pump();
    }

    /**
     * Marks everything published before a time as acknowledged and everything since as not, as far as it is retained; google.pubsub.v1.SeekRequest.
     */
    void seek(long micros) {
        synchronized (this) {
            BitSet acked = journal.acked();
            long now = ticker.micros();
            long topicKeeps = topic.retentionMicros();
            long ackedKept = subscription.getRetainAckedMessages()
                    ? Durations.toMicros(subscription.getMessageRetentionDuration())
                    : 0;
            int size = topic.log().size();
            int from = topicKeeps > 0 ? 0 : journal.start();
            for (int offset = from; offset < size; offset++) {
                long published = topic.log().published(offset);
                boolean known = offset >= journal.start();
                if (published < micros) {
                    acked.set(offset);
                } else if (published >= now - topicKeeps || known && published >= now - ackedKept) {
                    acked.clear(offset);
                } else if (!known) {
                    acked.set(offset);
                }
            }
            reset(Math.min(from, journal.start()), acked);
        }
        pump();
    }

    /** Takes over the state of a snapshot: what it held as unacknowledged, and all that was published since. */
    void seek(SnapshotState snapshot) {
        synchronized (this) {
            BitSet acked = snapshot.acked();
            acked.clear(snapshot.size(), Math.max(snapshot.size(), acked.length()));
            reset(snapshot.start(), acked);
        }
        pump();
    }

    private void reset(int start, BitSet acked) {
        clear();
        journal.reset(start, acked);
        next = start;
    }

    private void clear() {
        held.values().forEach(one -> one.by.released(one.bytes));
        held.clear();
        lanes.clear();
        again.clear();
        expiries.clear();
        attempts.clear();
        lastUsed = ticker.micros();
    }

    /** What is unacknowledged now. */
    synchronized SnapshotState snapshot(String snapshotUid, Snapshot snapshot) {
        return new SnapshotState(
                snapshotUid, snapshot, topic, journal.start(), topic.log().size(), journal.acked());
    }

    /** When the oldest unacknowledged message was published; now if there is none. */
    synchronized long oldestUnacked() {
        int size = topic.log().size();
        for (int offset = journal.start(); offset < size; offset++) {
            if (!journal.isAcked(offset)) {
                return topic.log().published(offset);
            }
        }
        return ticker.micros();
    }

    synchronized void close() {
        streams.clear();
        journal.close();
    }
}
