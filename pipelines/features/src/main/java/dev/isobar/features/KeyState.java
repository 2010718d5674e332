package dev.isobar.features;

import dev.isobar.features.state.ByteReader;
import dev.isobar.features.state.ByteWriter;
import dev.isobar.features.state.EventLog;
import java.util.Arrays;
import java.util.function.BiFunction;
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
    private final byte[][][] payloads;

    private KeyState(String key, long[] frontiers, long[] retained, EventLog[] logs, byte[][][] payloads) {
        this.key = key;
        this.frontiers = frontiers;
        this.retained = retained;
        this.logs = logs;
        this.payloads = payloads;
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
        byte[][][] payloads = new byte[n][][];
        for (int s = 0; s < n; s++) {
            frontiers[s] = in.word();
            retained[s] = in.word();
            logs[s] = plan.codec(s).read(in);
            payloads[s] = new byte[logs[s].size()][];
            for (int i = 0; i < logs[s].size(); i++) {
                payloads[s][i] = logs[s].availableTimes()[i] >= frontiers[s] ? in.bytes() : new byte[0];
            }
        }
        in.finish();
        return new KeyState(key, frontiers, retained, logs, payloads);
    }

    /** Writes what {@link #decode} reads. The payload of an event that the frontier has not passed is asked for by stream and position. */
    static byte[] encode(
            FeaturePlan plan,
            String key,
            long[] frontiers,
            long[] retained,
            @Nullable EventLog[] logs,
            BiFunction<Integer, Integer, byte[]> payload) {
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
            for (int i = log.start(); i < log.end(); i++) {
                if (log.availableTimes()[i] >= frontiers[s]) {
                    out.bytes(payload.apply(s, i));
                }
            }
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

    byte[] payload(int stream, int position) {
        return payloads[stream][position];
    }

    @Override
    public String toString() {
        return "KeyState[" + key + " "
                + Arrays.stream(logs).mapToInt(EventLog::size).sum() + " events]";
    }
}
