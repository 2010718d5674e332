package dev.isobar.runtime.monitor;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything the monitors say about a run, as the run's JSON shows it: snake case, null where a number does not exist, never NaN.
 *
 * @param features reference against current, one entry a feature
 * @param performance live quality of the predictions
 * @param quality data quality
 * @param latency of the endpoint
 * @param verdicts breaches first, then what to watch, then the rest
 * @since 0.1
 */
@JsonNaming(SnakeCaseStrategy.class)
public record MonitorResult(
        List<FeatureDrift> features,
        PerformanceResult performance,
        QualityResult quality,
        LatencyResult latency,
        List<Verdict> verdicts) {
    /** Copies and orders. */
    public MonitorResult {
        features = List.copyOf(features);
        List<Verdict> ordered = new ArrayList<>(verdicts);
        ordered.sort((a, b) -> b.state().compareTo(a.state())); // stable: within a state as they came
        verdicts = List.copyOf(ordered);
    }

    /** Puts the results of the four monitors together. */
    public static MonitorResult of(
            DriftResult drift,
            PerformanceResult performance,
            PerformancePolicy policy,
            QualityMonitor quality,
            LatencyResult latency) {
        List<Verdict> verdicts = new ArrayList<>(PerformanceMonitor.verdicts(performance, policy));
        verdicts.addAll(drift.verdicts());
        verdicts.addAll(quality.verdicts());
        return new MonitorResult(drift.features(), performance, quality.result(), latency, verdicts);
    }
}
