package dev.isobar.emulator.gcp.pubsub;

import com.google.pubsub.v1.Snapshot;
import java.util.BitSet;
import java.util.Objects;

/** What a subscription had acknowledged when a snapshot was taken. Only its labels and name change. Thread safe. */
final class SnapshotState {
    private final String uid;
    private final TopicState topic;
    private final int start;
    private final int size;
    private final BitSet acked;
    private volatile Snapshot snapshot;

    /**
     * A snapshot.
     *
     * @param start the first offset that the subscription could deliver
     * @param size how many messages the topic had
     */
    SnapshotState(String uid, Snapshot snapshot, TopicState topic, int start, int size, BitSet acked) {
        this.uid = uid;
        this.snapshot = Objects.requireNonNull(snapshot);
        this.topic = topic;
        this.start = start;
        this.size = size;
        this.acked = acked;
    }

    String uid() {
        return uid;
    }

    Snapshot snapshot() {
        return snapshot;
    }

    void snapshot(Snapshot changed) {
        snapshot = changed;
    }

    Snapshot shown() {
        return snapshot.toBuilder().setTopic(topic.shownName()).build();
    }

    TopicState topic() {
        return topic;
    }

    int start() {
        return start;
    }

    int size() {
        return size;
    }

    BitSet acked() {
        return (BitSet) acked.clone();
    }
}
