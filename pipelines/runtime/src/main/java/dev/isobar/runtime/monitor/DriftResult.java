package dev.isobar.runtime.monitor;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All features, reference against current: over everything, window by window, and bin by bin.
 *
 * @param features one entry a feature, in the order they were declared
 * @param windows one entry a window that has rows, oldest first
 * @param histograms one entry a feature, in the same order
 * @param verdicts one or more a feature; none for a feature of which no window had enough rows
 * @since 0.1
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DriftResult(
        List<FeatureDrift> features, List<Window> windows, List<Histogram> histograms, List<Verdict> verdicts) {
    /** Copies the lists. */
    public DriftResult {
        features = List.copyOf(features);
        windows = List.copyOf(windows);
        histograms = List.copyOf(histograms);
        verdicts = List.copyOf(verdicts);
    }

    /**
     * One window.
     *
     * @param fromMicros its start
     * @param toMicros its end, exclusive
     * @param rows current rows in it
     * @param judged whether it had enough rows for a verdict
     * @param cells PSI and p-value of each feature, in the features' order
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Window(long fromMicros, long toMicros, long rows, boolean judged, List<Cell> cells) {
        /** Copies the list. */
        public Window {
            cells = List.copyOf(cells);
        }
    }

    /** PSI and its p-value for one feature in one window; null when there is no reference. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Cell(@Nullable Double psi, @Nullable Double pValue) {
        /** Turns what is not finite into null. */
        public Cell {
            psi = Sentences.finite(psi);
            pValue = Sentences.finite(pValue);
        }
    }

    /**
     * Shares per bin, each list adding up to 1 (all zero on an empty side). Bins empty on both sides are left out.
     *
     * @param name the feature
     * @param labels what each bin holds
     * @param reference share of the reference in each bin
     * @param current share of the current rows in each bin
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Histogram(String name, List<String> labels, List<Double> reference, List<Double> current) {
        /** Copies the lists. */
        public Histogram {
            labels = List.copyOf(labels);
            reference = List.copyOf(reference);
            current = List.copyOf(current);
        }
    }
}
