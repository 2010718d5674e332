package dev.isobar.runtime.monitor;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How good the predictions were, once their labels came.
 *
 * @param auc area under the ROC curve, ties counted half; null when only one class came
 * @param aucStandardError of {@code auc} (Hanley and McNeil 1982); null with it
 * @param logLoss mean negative log likelihood, natural logarithm, probabilities held within 1e-15 of 0 and 1; null without rows
 * @param brier mean squared error of the probability; null without rows
 * @param rows predictions with a label
 * @param unlabelled predictions whose label never came or could not be used
 * @param baseRate share of positive labels; null without rows
 * @param note what is missing and why, in a sentence; null when nothing is
 * @param windows window by window, oldest first; windows without rows are left out
 * @param calibration ten bins of equal width by predicted probability; empty bins are left out
 * @param roc the ROC curve from (0, 0) to (1, 1), thinned to at most about a hundred points; empty when there is no AUC
 * @since 0.1
 */
@JsonNaming(SnakeCaseStrategy.class)
public record PerformanceResult(
        @Nullable Double auc,
        @Nullable Double aucStandardError,
        @Nullable Double logLoss,
        @Nullable Double brier,
        long rows,
        long unlabelled,
        @Nullable Double baseRate,
        @Nullable String note,
        List<Window> windows,
        List<CalibrationBin> calibration,
        List<RocPoint> roc) {
    /** Turns what is not finite into null and copies the lists. */
    public PerformanceResult {
        auc = Sentences.finite(auc);
        aucStandardError = Sentences.finite(aucStandardError);
        logLoss = Sentences.finite(logLoss);
        brier = Sentences.finite(brier);
        baseRate = Sentences.finite(baseRate);
        windows = List.copyOf(windows);
        calibration = List.copyOf(calibration);
        roc = List.copyOf(roc);
    }

    /**
     * One window.
     *
     * @param fromMicros its start
     * @param toMicros its end, exclusive
     * @param auc null when only one class came
     * @param aucStandardError null with it
     * @param logLoss mean negative log likelihood
     * @param rows predictions with a label
     * @param baseRate share of positive labels
     * @param meanPrediction mean predicted probability
     * @param note what is missing and why; null when nothing is
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Window(
            long fromMicros,
            long toMicros,
            @Nullable Double auc,
            @Nullable Double aucStandardError,
            @Nullable Double logLoss,
            long rows,
            @Nullable Double baseRate,
            @Nullable Double meanPrediction,
            @Nullable String note) {
        /** Turns what is not finite into null. */
        public Window {
            auc = Sentences.finite(auc);
            aucStandardError = Sentences.finite(aucStandardError);
            logLoss = Sentences.finite(logLoss);
            baseRate = Sentences.finite(baseRate);
            meanPrediction = Sentences.finite(meanPrediction);
        }
    }

    /**
     * One bin of predicted probabilities.
     *
     * @param from lower bound, inclusive
     * @param to upper bound, exclusive but for 1
     * @param rows predictions in it
     * @param meanPrediction their mean
     * @param observedRate share of positive labels among them
     * @param low lower end of the 95 % Wilson interval of {@code observedRate}
     * @param high its upper end
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record CalibrationBin(
            double from, double to, long rows, double meanPrediction, double observedRate, double low, double high) {}

    /** A point of the ROC curve. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record RocPoint(double falsePositiveRate, double truePositiveRate) {}
}
