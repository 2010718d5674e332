package dev.isobar.runtime.monitor;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/**
 * What a monitor concluded, with the numbers it concluded it from. Recorded; nothing acts on it here.
 *
 * @param subject the feature, column or metric
 * @param kind what was judged
 * @param state the judgement
 * @param fromMicros first instant it speaks of, microseconds of the epoch on the run's clock
 * @param toMicros first instant after
 * @param value the effect: PSI, a rate, an AUC
 * @param pValue how often chance alone does this; null where there is no test
 * @param threshold what {@code value} was held against; null where there is none
 * @param sentence the verdict in plain English, complete by itself
 * @since 0.1
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Verdict(
        String subject,
        Kind kind,
        State state,
        long fromMicros,
        long toMicros,
        @Nullable Double value,
        @Nullable Double pValue,
        @Nullable Double threshold,
        String sentence) {
    /** Turns what is not finite into null. */
    public Verdict {
        value = Sentences.finite(value);
        pValue = Sentences.finite(pValue);
        threshold = Sentences.finite(threshold);
    }

    /** What a verdict is about. */
    public enum Kind {
        /** A feature's distribution moved away from the reference. */
        DRIFT,
        /** A column holds what it should not. */
        QUALITY,
        /** The model is worse than it must be. */
        PERFORMANCE
    }

    /** How bad it is. */
    public enum State {
        /** Nothing to see. */
        OK,
        /** Something moved, too little or too briefly for a breach. */
        WATCH,
        /** Effect and significance, often enough. */
        BREACH
    }
}
