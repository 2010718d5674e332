package dev.isobar.spec;

import java.util.List;

/**
 * What is watched.
 *
 * @param everyMicros length of a window of watching, on the run's clock
 * @param psiAbove drift needs a PSI above this; the largest double for no drift monitor
 * @param significance and a p-value below this
 * @param quality whether nulls and ranges are watched
 * @since 0.1
 */
public record MonitorSpec(
        long everyMicros,
        double psiAbove,
        double significance,
        boolean quality,
        List<ThresholdSpec> performance,
        List<ActionSpec> onBreach) {
    public MonitorSpec {
        performance = List.copyOf(performance);
        onBreach = List.copyOf(onBreach);
    }

    /** A breach when the metric is below (AUC) or above (LOG_LOSS) the value. */
    public record ThresholdSpec(TrainingSpec.Metric metric, double value) {}

    /** What a breach asks for. */
    public enum Action {
        ALERT,
        RETRAIN,
        ROLL_BACK
    }

    /**
     * An action and when it is due.
     *
     * @param breaches this many
     * @param outOf of the last so many windows
     * @param cooldownMicros and not again within this time
     */
    public record ActionSpec(Action action, int breaches, int outOf, long cooldownMicros) {}
}
