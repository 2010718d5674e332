package dev.isobar.features;

import dev.isobar.features.state.ByteReader;
import dev.isobar.features.state.ByteWriter;
import dev.isobar.features.state.EventLog;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One key's state, decoded. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class KeyState {
    static final char KIND = 'K';

    private final String key;
    private final long[] frontiers;
    private final long[] retained;
    private final EventLog[] logs;

    private KeyState(String key, long[] frontiers, long[] retained, EventLog[] logs) {
        this.key = key;
        this.frontiers = frontiers;
        this.retained = retained;
        this.logs = logs;
    }

    /**
     * Reads what {@link FeatureKernel#snapshot} wrote.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged or of another layout
     */
    public static KeyState decode(FeaturePlan plan, byte[] bytes) {
        ByteReader in = new ByteReader(bytes, KIND, plan.stateFingerprint());
        String key = in.text();
        int n = plan.streams().size();
        long[] frontiers = new long[n];
        long[] retained = new long[n];
        EventLog[] logs = new EventLog[n];
        for (int s = 0; s < n; s++) {
            frontiers[s] = in.word();
            retained[s] = in.word();
            logs[s] = plan.codec(s).read(in);
        }
        in.finish();
        return new KeyState(key, frontiers, retained, logs);
    }

    /** Writes what {@link #decode} reads. */
    static byte[] encode(FeaturePlan plan, String key, long[] frontiers, long[] retained, @Nullable EventLog[] logs) {
        ByteWriter out = new ByteWriter(KIND, plan.stateFingerprint());
        out.text(key);
        for (int s = 0; s < frontiers.length; s++) {
            out.word(frontiers[s]);
            out.word(retained[s]);
            EventLog log = logs[s];
            if (log == null) {
                out.unsigned(0);
                continue;
            }
            plan.codec(s).write(log, out);
        }
        return out.finish();
    }

    /** Whose state this is. */
    public String key() {
        return key;
    }

    /** The stream's frontier when the state was written, microseconds. */
    public long frontier(int stream) {
        return frontiers[stream];
    }

    /** The earliest event time of the stream that is complete in it, microseconds. */
    public long retainedFrom(int stream) {
        return retained[stream];
    }

    /** How many events of the stream it holds. */
    public int events(int stream) {
        return logs[stream].size();
    }

    EventLog log(int stream) {
        return logs[stream];
    }

    @Override
    public String toString() {
        return "KeyState[" + key + " "
                + Arrays.stream(logs).mapToInt(EventLog::size).sum() + " events]";
    }
}
