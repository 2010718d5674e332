package dev.isobar.emulator.gcp.pubsub;

import com.google.protobuf.util.Durations;
import com.google.pubsub.v1.PubsubMessage;
import com.google.pubsub.v1.Topic;
import java.util.Arrays;
import java.util.List;

/** A topic: what it was made as, and its messages. A topic that was deleted lives on for the backlog of its subscriptions. Thread safe. */
final class TopicState {
    /** Name that subscriptions of a deleted topic show; google.pubsub.v1.Subscription.topic. */
    static final String DELETED = "_deleted-topic_";

    private final String uid;
    private final MessageLog log;
    private final Ticker ticker;
    private volatile Topic topic;
    private volatile boolean deleted;

    /**
     * A topic with its messages.
     *
     * @param uid its folder's name, another one for every topic that ever was
     */
    TopicState(String uid, Topic topic, boolean deleted, MessageLog log, Ticker ticker) {
        this.uid = uid;
        this.topic = topic;
        this.deleted = deleted;
        this.log = log;
        this.ticker = ticker;
    }

    String uid() {
        return uid;
    }

    Topic topic() {
        return topic;
    }

    void topic(Topic changed) {
        topic = changed;
    }

    boolean isDeleted() {
        return deleted;
    }

    void delete() {
        deleted = true;
    }

    /** What subscriptions call it. */
    String shownName() {
        return deleted ? DELETED : topic.getName();
    }

    MessageLog log() {
        return log;
    }

    /** Stores messages, stamped with the time in whole milliseconds, as the service's stamps are. */
    List<String> publish(List<PubsubMessage> messages) {
        synchronized (log) {
            long now = ticker.micros() / 1_000 * 1_000;
            long[] micros = new long[messages.size()];
            Arrays.fill(micros, now);
            return log.append(messages, micros);
        }
    }

    /** How long the topic keeps messages whatever was acknowledged, microseconds; 0 if it does not. */
    long retentionMicros() {
        return topic.hasMessageRetentionDuration() ? Durations.toMicros(topic.getMessageRetentionDuration()) : 0;
    }
}
