package dev.isobar.gcp.pubsub;

import java.util.Arrays;

/** The stamps of one session's events in one stream. Thread safe. */
final class Writer {
    private final long id;
    private final long[] next;
    private final long[] stored;

    Writer(long id, int partitions) {
        this.id = id;
        this.next = new long[partitions];
        this.stored = new long[partitions];
        Arrays.fill(stored, -1);
    }

    /**
     * Sequences of a partition that nobody else gets.
     *
     * @param behind the newest sequence that is surely stored; −1 for none
     */
    record Run(long first, long behind) {}

    long id() {
        return id;
    }

    synchronized Run reserve(int partition, int count) {
        long first = next[partition];
        next[partition] = first + count;
        return new Run(first, stored[partition]);
    }

    /** Remembers that everything up to a sequence of one request is stored. */
    synchronized void stored(int partition, long last) {
        stored[partition] = Math.max(stored[partition], last);
    }
}
