package dev.isobar.features;

/**
 * One key's state, decoded. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class KeyState {
    private KeyState() {}

    /**
     * Reads what {@link FeatureKernel#snapshot} wrote.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged or of another layout
     */
    public static KeyState decode(FeaturePlan plan, byte[] bytes) {
        throw new UnsupportedOperationException();
    }

    /** Whose state this is. */
    public String key() {
        throw new UnsupportedOperationException();
    }

    /** The stream's frontier when the state was written, microseconds. */
    public long frontier(int stream) {
        throw new UnsupportedOperationException();
    }

    /** The earliest event time of the stream that is complete in it, microseconds. */
    public long retainedFrom(int stream) {
        throw new UnsupportedOperationException();
    }

    /** How many events of the stream it holds. */
    public int events(int stream) {
        throw new UnsupportedOperationException();
    }
}
