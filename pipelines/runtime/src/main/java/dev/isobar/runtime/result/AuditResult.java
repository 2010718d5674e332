package dev.isobar.runtime.result;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Served vectors against vectors recomputed from the lake.
 *
 * @param ok no mismatch, nothing missing, nothing extra, no altered event
 * @param findings the first differences, plainly
 * @param altered events of the lake whose checksum no longer fits, and events that are missing there or too many
 * @param csv the two dumped files, when asked for
 * @since 0.1
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record AuditResult(
        String runId,
        String pipeline,
        boolean ok,
        RunResult.Consistency consistency,
        Map<String, Long> events,
        List<AlteredEvent> altered,
        List<String> findings,
        @Nullable List<String> csv,
        double seconds,
        long peakHeapBytes) {

    /** An event of the lake that is not what was ingested. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record AlteredEvent(String stream, String id, String key, String eventTime, String what) {}
}
