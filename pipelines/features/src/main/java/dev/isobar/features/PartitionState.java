package dev.isobar.features;

import dev.isobar.features.state.ByteReader;
import dev.isobar.features.state.ByteWriter;
import java.util.Arrays;

/**
 * What holds for every key of a partition, decoded: how far its streams are known and how far back they are kept. Immutable, thread safe.
 *
 * <p>A reader takes it from the online store <em>before</em> or together with the keys' states, never after: a key's state may be newer than the
 * partition's, not older.
 *
 * @since 0.1
 */
public final class PartitionState {
    private static final char KIND = 'P';

    private final long[] frontiers;
    private final long[] retained;
    private final long[] latest;

    private PartitionState(long[] frontiers, long[] retained, long[] latest) {
        this.frontiers = frontiers;
        this.retained = retained;
        this.latest = latest;
    }

    /**
     * Reads what {@link FeatureKernel#partitionState()} wrote.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged or of another layout
     */
    public static PartitionState decode(FeaturePlan plan, byte[] bytes) {
        ByteReader in = new ByteReader(bytes, KIND, plan.stateFingerprint());
        PartitionState state = unknown(plan);
        for (int s = 0; s < state.frontiers.length; s++) {
            state.frontiers[s] = in.word();
            state.retained[s] = in.word();
            state.latest[s] = in.word();
        }
        in.finish();
        return state;
    }

    static byte[] encode(FeaturePlan plan, long[] frontiers, long[] retained, long[] latest) {
        ByteWriter out = new ByteWriter(KIND, plan.stateFingerprint());
        for (int s = 0; s < frontiers.length; s++) {
            out.word(frontiers[s]);
            out.word(retained[s]);
            out.word(latest[s]);
        }
        return out.finish();
    }

    /** A partition of which nothing is known yet. */
    public static PartitionState unknown(FeaturePlan plan) {
        int n = plan.streams().size();
        PartitionState state = new PartitionState(new long[n], new long[n], new long[n]);
        Arrays.fill(state.frontiers, Long.MIN_VALUE);
        Arrays.fill(state.retained, Long.MIN_VALUE);
        Arrays.fill(state.latest, Long.MIN_VALUE);
        return state;
    }

    /** A lower bound on the available time of what may still come, microseconds. */
    public long frontier(int stream) {
        return frontiers[stream];
    }

    /** The earliest event time that is complete, microseconds. */
    public long retainedFrom(int stream) {
        return retained[stream];
    }

    /** The latest available time of any event that was accepted, microseconds; {@code Long.MIN_VALUE} for none. */
    public long latestAvailable(int stream) {
        return latest[stream];
    }
}
