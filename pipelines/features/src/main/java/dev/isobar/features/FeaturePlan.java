package dev.isobar.features;

import dev.isobar.event.Schema;
import dev.isobar.spec.PipelineSpec;
import java.util.List;

/**
 * What a pipeline's features need, compiled from its spec once. Immutable, thread safe, to be shared by all kernels and evaluators.
 *
 * @since 0.1
 */
public final class FeaturePlan {
    private FeaturePlan() {}

    /**
     * Compiles the features of a pipeline.
     *
     * @throws dev.isobar.error.IsobarException {@code INVALID_PIPELINE}: unknown names, types that do not fit, a cycle of features, an entity whose
     *     key on a stream is not that stream's key
     */
    public static FeaturePlan compile(PipelineSpec spec) {
        throw new UnsupportedOperationException();
    }

    /** The columns in vector order. */
    public List<FeatureColumn> columns() {
        throw new UnsupportedOperationException();
    }

    /** How many columns the vector has. */
    public int size() {
        throw new UnsupportedOperationException();
    }

    /** The streams whose events are kept as state, in the order of the spec; a stream's index here is its number everywhere in this package. */
    public List<String> streams() {
        throw new UnsupportedOperationException();
    }

    /** A stream's number, or −1 if no window reads it. */
    public int stream(String name) {
        throw new UnsupportedOperationException();
    }

    /** The stream whose events are decisions. */
    public String decisions() {
        throw new UnsupportedOperationException();
    }

    /** The columns of a decision. */
    public Schema decisionSchema() {
        throw new UnsupportedOperationException();
    }

    /** The columns of a stream's events. */
    public Schema streamSchema(int stream) {
        throw new UnsupportedOperationException();
    }

    /** The longest window of all, microseconds; 0 if there is none. */
    public long maxWindowMicros() {
        throw new UnsupportedOperationException();
    }

    /** The uses that read state, in vector order; on-demand views are not among them. */
    public List<Use> uses() {
        throw new UnsupportedOperationException();
    }

    /** Identifies the layout of state: states of plans with equal fingerprints can be exchanged. 16 hexadecimal digits. */
    public String stateFingerprint() {
        throw new UnsupportedOperationException();
    }
}
