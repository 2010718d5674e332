package dev.isobar.runtime.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was wrong with the data, column by column and record by record.
 *
 * @param rows current rows looked at
 * @param columns in the order they were declared
 * @param deadLetters records set aside, by reason
 * @since 0.1
 */
@JsonNaming(SnakeCaseStrategy.class)
public record QualityResult(long rows, List<Column> columns, Map<String, Long> deadLetters) {
    /** Copies; reasons are put in order. */
    public QualityResult {
        columns = List.copyOf(columns);
        deadLetters = Collections.unmodifiableSortedMap(new TreeMap<>(deadLetters));
    }

    /**
     * One column.
     *
     * @param name the column
     * @param rows current rows
     * @param nulls of them null
     * @param unparsable values that were there and could not be read; not among {@code rows}
     * @param outOfRange values outside {@code min} to {@code max}
     * @param nullRate share of nulls; null without rows
     * @param nullRateReference share of nulls in the reference; null without a reference
     * @param nullRatePValue that chance alone raised the null rate this far, one-sided; null without either side
     * @param min smallest value expected, declared or seen in the reference; null when unbounded
     * @param max largest value expected
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Column(
            String name,
            long rows,
            long nulls,
            long unparsable,
            long outOfRange,
            @Nullable Double nullRate,
            @Nullable Double nullRateReference,
            @JsonProperty("null_rate_p_value") @Nullable Double nullRatePValue,
            @Nullable Double min,
            @Nullable Double max) {
        /** Turns what is not finite into null. */
        public Column {
            nullRate = Sentences.finite(nullRate);
            nullRateReference = Sentences.finite(nullRateReference);
            nullRatePValue = Sentences.finite(nullRatePValue);
            min = Sentences.finite(min);
            max = Sentences.finite(max);
        }
    }
}
