package dev.isobar.runtime.monitor;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long requests took, in milliseconds, within 0.1 % of the true value. All null without requests.
 *
 * @param p50Ms median
 * @param p95Ms 95th percentile
 * @param p99Ms 99th percentile
 * @param maxMs slowest
 * @param requests how many
 * @param buckets counts in buckets whose bounds grow geometrically, empty ones at both ends left out
 * @since 0.1
 */
@JsonNaming(SnakeCaseStrategy.class)
public record LatencyResult(
        @JsonProperty("p50_ms") @Nullable Double p50Ms,
        @JsonProperty("p95_ms") @Nullable Double p95Ms,
        @JsonProperty("p99_ms") @Nullable Double p99Ms,
        @JsonProperty("max_ms") @Nullable Double maxMs,
        long requests,
        List<Bucket> buckets) {
    /** Copies the list. */
    public LatencyResult {
        buckets = List.copyOf(buckets);
    }

    /** Requests that took at least {@code fromMs} and less than {@code toMs}. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Bucket(double fromMs, double toMs, long count) {}
}
