package dev.isobar.runtime.result;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/**
 * What a run would do, without doing it.
 *
 * @param spec the canonical JSON of the spec
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record PlanResult(
        String pipeline,
        String target,
        String specVersion,
        boolean runnable,
        List<StepPlan> steps,
        List<String> resources,
        List<String> remarks,
        @JsonRawValue String spec) {

    /** One step's verdict: {@code NATIVE}, {@code EMULATED} (Isobar does it itself) or {@code REFUSED}. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record StepPlan(
            String step, String port, String adapter, String service, String verdict, String reason, String todo) {}
}
