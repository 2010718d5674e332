package dev.isobar.emulator.gcp.pubsub;

import com.google.pubsub.v1.ReceivedMessage;
import java.util.List;

/**
 * Somebody who takes messages of a subscription: an open stream, or one pull. Its fields belong to the subscription's lock.
 */
abstract class Consumer {
    private final String affinity;
    private final long maxMessages;
    private final long maxBytes;
    private final long deadlineMicros;
    private long messages;
    private long bytes;

    /**
     * A consumer with bounds.
     *
     * @param affinity whoever comes with the same text is the same client: a stream that is opened again keeps its ordering keys
     * @param maxMessages most unacknowledged messages; 0 or less for no bound
     * @param maxBytes most unacknowledged bytes; 0 or less for no bound
     */
    Consumer(String affinity, long maxMessages, long maxBytes, long deadlineMicros) {
        this.affinity = affinity;
        this.maxMessages = maxMessages;
        this.maxBytes = maxBytes;
        this.deadlineMicros = deadlineMicros;
    }

    /** Whether the transport takes more now. */
    abstract boolean isReady();

    /** Hands messages over. */
    abstract void deliver(List<ReceivedMessage> received);

    final String affinity() {
        return affinity;
    }

    /** How long its messages are its own, microseconds. */
    final long deadlineMicros() {
        return deadlineMicros;
    }

    final boolean hasRoom() {
        return (maxMessages <= 0 || messages < maxMessages) && (maxBytes <= 0 || bytes < maxBytes);
    }

    final void took(int size) {
        messages++;
        bytes += size;
    }

    final void released(int size) {
        messages--;
        bytes -= size;
    }
}
