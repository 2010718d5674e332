package dev.isobar.server;

import dev.isobar.error.IsobarException;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Metrics;
import dev.isobar.port.Metrics.Point;
import dev.isobar.workload.ServingDescriptor;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes {@value Endpoints#P99_METRIC} at fixed times from a thread of its own, so that a platform which does not see how long requests take can add replicas. A
 * minute without requests is published too, as 0: on a platform that waits for points, silence would keep every replica for ever. What cannot be published
 * is logged and left out; it never holds up an answer. Thread safe.
 */
final class LatencyGauge implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LatencyGauge.class);

    private final Metrics metrics;
    private final Map<String, String> labels;
    private final DoubleSupplier p99;
    private final Clock clock;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("isobar-latency", true));

    private LatencyGauge(Metrics metrics, Map<String, String> labels, DoubleSupplier p99, Clock clock) {
        this.metrics = metrics;
        this.labels = labels;
        this.p99 = p99;
        this.clock = clock;
    }

    /**
     * Begins.
     *
     * @param p99 takes the percentile of the time since it was last asked, in seconds
     */
    static LatencyGauge start(
            Metrics metrics, ServingDescriptor served, DoubleSupplier p99, Duration every, Clock clock) {
        LatencyGauge gauge = new LatencyGauge(
                metrics, Map.of("endpoint", served.endpoint(), "deployment", served.deployment()), p99, clock);
        gauge.thread.scheduleAtFixedRate(gauge::publish, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        return gauge;
    }

    private void publish() {
        try {
            metrics.publish(
                    List.of(new Point(Endpoints.P99_METRIC, labels, p99.getAsDouble(), clock.millis() * 1_000)));
        } catch (IsobarException e) {
            LOG.warn("The time of requests could not be published; the next attempt follows. {}", ServerMain.line(e));
        } catch (RuntimeException e) {
            // Thrown on, it would end the schedule without a word.
            LOG.error("The time of requests could not be published.", e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
