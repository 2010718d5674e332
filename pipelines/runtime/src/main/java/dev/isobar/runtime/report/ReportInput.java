package dev.isobar.runtime.report;

import dev.isobar.runtime.monitor.DriftResult;
import dev.isobar.runtime.monitor.MonitorResult;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a report shows. Every text may hold anything: it is escaped.
 *
 * @param pipeline its name
 * @param runId of the run
 * @param target where it ran
 * @param specVersion SHA-256 of the spec, hexadecimal
 * @param status such as {@code SUCCEEDED}
 * @param resumed whether the run took up an unfinished one
 * @param startedMicros wall time, microseconds of the epoch
 * @param seconds wall time of the whole run
 * @param steps in order
 * @param streams their accounts
 * @param trainingSet null when there is none
 * @param model null when there is none
 * @param endpoint null when there is none
 * @param consistency of the audit; null when none was made
 * @param monitor the run's monitor results
 * @param drift windows and histograms behind {@code monitor.features()}
 * @param peakHeapBytes sum over the run's processes; null when unknown
 * @since 0.1
 */
public record ReportInput(
        String pipeline,
        String runId,
        String target,
        String specVersion,
        String status,
        boolean resumed,
        long startedMicros,
        double seconds,
        List<Step> steps,
        List<StreamAccount> streams,
        @Nullable TrainingSet trainingSet,
        @Nullable Model model,
        @Nullable Endpoint endpoint,
        @Nullable Consistency consistency,
        MonitorResult monitor,
        DriftResult drift,
        @Nullable Long peakHeapBytes) {
    /** Copies the lists. */
    public ReportInput {
        steps = List.copyOf(steps);
        streams = List.copyOf(streams);
    }

    /**
     * One step.
     *
     * @param seconds wall time
     * @param detail a few words on what it did; may be empty
     */
    public record Step(String name, String status, double seconds, String detail) {}

    /**
     * One stream's account: {@code in = out + late + deadLetter + duplicates}.
     *
     * @param reasons counts of late and dead-lettered records by reason
     */
    public record StreamAccount(
            String name, long in, long out, long late, long deadLetter, long duplicates, Map<String, Long> reasons) {
        /** Copies; reasons are put in order. */
        public StreamAccount {
            reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
        }

        /** What is missing on the right side, negative when it is too much; 0 is what it must be. */
        public long imbalance() {
            return in - out - late - deadLetter - duplicates;
        }
    }

    /** The training set: rows used, rows left out because their label was not known, digest. */
    public record TrainingSet(long rows, long leftOut, String digest) {}

    /**
     * The model and what the gate said.
     *
     * @param auc on the acceptance rows; null when unknown
     * @param logLoss on the acceptance rows; null when unknown
     * @param rows acceptance rows
     * @param requiredAuc what the gate asked for; null when it asked for none
     * @param gate the gate's result, such as {@code ACCEPTED} or {@code UNCHANGED}
     * @param gateSentence the same in words
     */
    public record Model(
            String version,
            String digest,
            @Nullable Double auc,
            @Nullable Double logLoss,
            long rows,
            @Nullable Double requiredAuc,
            String gate,
            String gateSentence) {}

    /** Where predictions are served. */
    public record Endpoint(String name, String url, String modelDigest) {}

    /** The audit: served vectors recomputed from the lake by another process. */
    public record Consistency(long compared, long mismatch, long missing, long extra) {
        /** Whether every vector was equal and none was missing or extra. */
        public boolean clean() {
            return mismatch == 0 && missing == 0 && extra == 0;
        }
    }
}
