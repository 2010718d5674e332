package dev.isobar.runtime.result;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code isobar runs}.
 *
 * @param step the step it is in or ended in
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RunSummary(
        String runId,
        String pipeline,
        String target,
        String specVersion,
        String status,
        String step,
        String started,
        @Nullable String finished,
        @Nullable Double auc) {}
