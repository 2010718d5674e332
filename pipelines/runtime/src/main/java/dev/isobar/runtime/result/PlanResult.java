package dev.isobar.runtime.result;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run would do, without doing it.
 *
 * @param scans what the run would read of tables, where the target charges for that by the byte; else empty
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
        List<ScanPlan> scans,
        @JsonRawValue String spec) {

    /** One step's verdict: {@code NATIVE}, {@code EMULATED} (Isobar does it itself) or {@code REFUSED}. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record StepPlan(
            String step, String port, String adapter, String service, String verdict, String reason, String todo) {}

    /**
     * A scan that a step makes.
     *
     * @param reads which table of the run
     * @param bytes that the target's warehouse says it would process; null where that is not known. What a byte costs is not known here
     * @param basis how that is known, or why it is not
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record ScanPlan(
            String step, String reads, @Nullable Long bytes, String basis) {}
}
