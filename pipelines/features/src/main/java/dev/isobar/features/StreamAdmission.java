package dev.isobar.features;

import dev.isobar.spec.StreamSpec;
import java.util.Comparator;
import java.util.Map;

/**
 * Admission of a stream's raw records at ingest: lateness, duplicates and conflicts, with exact accounting:
 * {@code in = out + late + deadLetter + duplicates}, always. Memory is bounded by the records within the deduplication horizon. Not thread safe.
 *
 * @since 0.1
 */
public final class StreamAdmission {
    /** What to do with a record. */
    public enum Verdict {
        /** Append it to the stream. */
        OUT,
        /** Write it to the side output with this reason. */
        LATE,
        /** Drop it; it is counted. */
        DUPLICATE,
        /** Write it to the dead letters, reason {@link #CONFLICTING_PAYLOAD}. */
        CONFLICT
    }

    /** The reason of the dead letters that have an id in common with another, different record. */
    public static final String CONFLICTING_PAYLOAD = "CONFLICTING_PAYLOAD";

    /** The reason of late records. */
    public static final String LATE = "LATE";

    /** A record as it is sorted before admission. */
    public record Candidate(String id, String key, long eventTime, long availableTime, byte[] payload) {}

    /**
     * The order in which records must be offered: (available time, packed id, event time, key bytes, payload bytes). Of records in conflict the
     * first is then the one that counts. {@code (available time, id)} is enough where no two records agree in both.
     */
    public static final Comparator<Candidate> ORDER = (a, b) -> {
        throw new UnsupportedOperationException();
    };

    /** Admission for a stream. */
    public StreamAdmission(StreamSpec stream) {
        throw new UnsupportedOperationException();
    }

    /**
     * Decides about a record and counts it.
     *
     * @param payload canonical bytes; not kept
     * @throws dev.isobar.error.IsobarException {@code INVALID_ARGUMENT} if records are not offered in {@link #ORDER}
     */
    public Verdict offer(String id, String key, long eventTime, long availableTime, byte[] payload) {
        throw new UnsupportedOperationException();
    }

    /** Counts a record that never became an event (a missing column, a text that is no number): a dead letter with this reason. */
    public void reject(String reason) {
        throw new UnsupportedOperationException();
    }

    /** Records seen. */
    public long in() {
        throw new UnsupportedOperationException();
    }

    /** Records admitted. */
    public long out() {
        throw new UnsupportedOperationException();
    }

    /** Late records. */
    public long late() {
        throw new UnsupportedOperationException();
    }

    /** Dead letters: rejected and conflicting ones. */
    public long deadLetter() {
        throw new UnsupportedOperationException();
    }

    /** Dropped copies. */
    public long duplicates() {
        throw new UnsupportedOperationException();
    }

    /** How many records per reason, late ones among them, sorted by reason. */
    public Map<String, Long> reasons() {
        throw new UnsupportedOperationException();
    }

    /** Accounting and horizon as bytes, so that an ingest can go on after a restart. Equal states have equal bytes. */
    public byte[] snapshot() {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes back {@link #snapshot()}.
     *
     * @throws dev.isobar.error.IsobarException {@code CORRUPT} if the bytes are damaged
     */
    public void restore(byte[] state) {
        throw new UnsupportedOperationException();
    }
}
