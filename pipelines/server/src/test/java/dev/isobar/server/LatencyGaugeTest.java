package dev.isobar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Metrics;
import dev.isobar.workload.ServingDescriptor;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The published time of requests")
class LatencyGaugeTest {
    private static final ServingDescriptor SERVED =
            new ServingDescriptor("fraud", "v3-1", "run", "spec", "sv", "model", "sha256:m", 3, "ns", "predictions");

    @Test
    @DisplayName("is published again and again under the endpoint's name, after a refusal too")
    void published() {
        List<Metrics.Point> seen = new CopyOnWriteArrayList<>();
        AtomicInteger asked = new AtomicInteger();
        Metrics metrics = new Metrics() {
            @Override
            public void publish(List<Point> points) {
                if (asked.get() == 1) {
                    throw IsobarException.of(ErrorCode.THROTTLED, "Not now.").build();
                }
                seen.addAll(points);
            }

            @Override
            public List<Point> latest(String prefix) {
                return List.copyOf(seen);
            }
        };
        Clock clock = Clock.fixed(Instant.ofEpochSecond(1_000), ZoneOffset.UTC);
        try (LatencyGauge gauge =
                LatencyGauge.start(metrics, SERVED, () -> asked.incrementAndGet() / 8.0, Duration.ofMillis(1), clock)) {
            await().until(() -> seen.size() >= 2);
            assertThat(gauge).isNotNull();
        }
        assertThat(seen.subList(0, 2)).containsExactly(point(2 / 8.0), point(3 / 8.0));
    }

    private static Metrics.Point point(double seconds) {
        return new Metrics.Point(
                Endpoints.P99_METRIC, Map.of("endpoint", "fraud", "deployment", "v3-1"), seconds, 1_000_000_000);
    }
}
