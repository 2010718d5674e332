package dev.isobar.spec;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a model is trained and accepted.
 *
 * @param decisions the stream whose events are the decisions
 * @param label over columns of {@code labelStream}; known when that event is available
 * @param joinOn the decision's column that equals the label event's id
 * @param algorithm {@code xgboost}
 * @param trainUntilMicros labels known by then are for training: decisions before it, {@code label_time ≤} it
 * @param acceptUntilMicros decisions from {@code trainUntil} on, with labels known by then, decide on acceptance; what follows is live
 * @since 0.1
 */
public record TrainingSpec(
        String name,
        Task task,
        String decisions,
        ExprSpec label,
        String labelStream,
        String joinOn,
        String algorithm,
        Map<String, String> hyperparameters,
        long trainUntilMicros,
        long acceptUntilMicros,
        List<GateSpec> gates) {
    public TrainingSpec {
        hyperparameters = Collections.unmodifiableMap(new TreeMap<>(hyperparameters));
        gates = List.copyOf(gates);
    }

    /** What is learned. */
    public enum Task {
        BINARY,
        REGRESSION
    }

    /** Measures of a model. */
    public enum Metric {
        AUC,
        LOG_LOSS
    }

    /** How a gate compares. */
    public enum Rule {
        AT_LEAST,
        AT_MOST,
        /** The candidate may be worse than the champion by at most the value. */
        NOT_WORSE_THAN_CHAMPION
    }

    /** One condition of acceptance. */
    public record GateSpec(Metric metric, Rule rule, double value) {}
}
