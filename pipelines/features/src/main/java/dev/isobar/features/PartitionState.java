package dev.isobar.features;

/**
 * What holds for every key of a partition, decoded: how far its streams are known and how far back they are kept. Immutable, thread safe.
 *
 * <p>A reader takes it from the online store <em>before</em> or together with the keys' states, never after: a key's state may be newer than the
 * partition's, not older.
 *
 * @since 0.1
 */
public final class PartitionState {
    private PartitionState() {}

    /**
     * Reads what {@link FeatureKernel#partitionState()} wrote.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged or of another layout
     */
    public static PartitionState decode(FeaturePlan plan, byte[] bytes) {
        throw new UnsupportedOperationException();
    }

    /** A partition of which nothing is known yet. */
    public static PartitionState unknown(FeaturePlan plan) {
        throw new UnsupportedOperationException();
    }

    /** A lower bound on the available time of what may still come, microseconds. */
    public long frontier(int stream) {
        throw new UnsupportedOperationException();
    }

    /** The earliest event time that is complete, microseconds. */
    public long retainedFrom(int stream) {
        throw new UnsupportedOperationException();
    }
}
