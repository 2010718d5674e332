package dev.isobar.runtime.label;

import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.spec.TrainingSpec;
import org.jspecify.annotations.Nullable;

/**
 * A label that came true.
 *
 * @param time when it became available, microseconds
 */
public record Label(long time, double value) {
    /** The part of the training set that a decision belongs to, or the reason why it is left out. */
    public static String part(TrainingSpec training, long eventTime, @Nullable Label label) {
        if (label == null) {
            return "NO_LABEL_BY_ACCEPT_CUT";
        }
        if (eventTime >= training.trainUntilMicros()) {
            return eventTime < training.acceptUntilMicros() ? FeatureTable.ACCEPT : "AFTER_ACCEPT_CUT";
        }
        return label.time() <= training.trainUntilMicros() ? FeatureTable.TRAIN : "LABEL_KNOWN_AFTER_TRAIN_CUT";
    }
}
