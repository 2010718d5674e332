package dev.isobar.features;

import dev.isobar.event.Event;
import dev.isobar.event.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of one partition of keys, and the values computed from it. A pure function of the accepted events: not of their order, of restarts
 * or of when state was freed. No I/O, no wall clock. Not thread safe: one thread owns one partition.
 *
 * <p>A checkpoint is {@link #partitionState()} and the {@link #snapshot} of each of {@link #drainDirtyKeys()}, written together with the position
 * of the log up to which events were accepted. After a restart: {@link #restorePartition}, {@link #restore} for every key, then go on from that
 * position; what is delivered twice comes back as {@link Admission#DUPLICATE}.
 *
 * @since 0.1
 */
public final class FeatureKernel {
    /** An empty partition. */
    public FeatureKernel(FeaturePlan plan, Retention retention) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes an event in.
     *
     * @param stream the stream's number in the plan
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the payload is not a row of the stream's schema; {@code UNSUPPORTED} if the
     *     operation is not an insert
     */
    public Admission accept(int stream, Event event) {
        throw new UnsupportedOperationException();
    }

    /** Takes an event in whose row is decoded already; the row is not kept. Equal rows are equal payloads. */
    public Admission accept(int stream, String id, String key, long eventTime, long availableTime, Row row) {
        throw new UnsupportedOperationException();
    }

    /**
     * Promises that no event of the stream with {@code availableTime < frontierMicros} will come any more, and frees what cannot be asked again. A
     * frontier that is lower than before is ignored.
     */
    public void advance(int stream, long frontierMicros) {
        throw new UnsupportedOperationException();
    }

    /** The stream's frontier; {@code Long.MIN_VALUE} before the first {@link #advance}. */
    public long frontier(int stream) {
        throw new UnsupportedOperationException();
    }

    /** The earliest event time that is complete: windows may begin there, not before. {@code Long.MIN_VALUE} while nothing was freed. */
    public long retainedFrom(int stream) {
        throw new UnsupportedOperationException();
    }

    /**
     * Computes the vector of a decision.
     *
     * @param decision a row of {@link FeaturePlan#decisionSchema()}
     * @param id the decision's event id, so that it is not counted twice in windows that include it; null if it has none
     * @param t as of this event time (exclusive)
     * @param k known at this time (inclusive)
     * @throws dev.isobar.error.IsobarException {@code OUT_OF_RETENTION} if a window begins before what is retained; names the key, the time asked and
     *     the start of what is retained
     */
    public void evaluate(Row decision, @Nullable String id, long t, long k, FeatureVector into) {
        throw new UnsupportedOperationException();
    }

    /** The keys whose state changed since the last call, in the order of their first change. Frontiers alone do not make a key dirty. */
    public List<String> drainDirtyKeys() {
        throw new UnsupportedOperationException();
    }

    /** How many keys have state. */
    public int keys() {
        throw new UnsupportedOperationException();
    }

    /** How many events are kept. */
    public long events() {
        throw new UnsupportedOperationException();
    }

    /** One key's state, for the checkpoint and for the online store. Equal states have equal bytes. An unknown key gives an empty state. */
    public byte[] snapshot(String key) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes back one key's state, in place of what the kernel has of it. Frontiers and retained starts in it raise the kernel's.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged, of another key or of another layout
     */
    public void restore(String key, byte[] state) {
        throw new UnsupportedOperationException();
    }

    /** What holds for every key of the partition, also for those never seen: frontiers and retained starts. Store it under a key of its own. */
    public byte[] partitionState() {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes back {@link #partitionState()}.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged or of another layout
     */
    public void restorePartition(byte[] state) {
        throw new UnsupportedOperationException();
    }

    /** Forgets a key and everything known of it (erasure). Returns whether there was anything. */
    public boolean erase(String key) {
        throw new UnsupportedOperationException();
    }
}
