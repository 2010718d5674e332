package dev.isobar.gcp;

import dev.isobar.gcp.monitoring.CloudMonitoringMetrics;
import dev.isobar.gcp.vertex.ReplicaScaling;
import dev.isobar.port.Endpoints;
import dev.isobar.port.Metrics;
import java.util.List;
import java.util.function.Supplier;

/** Cloud Monitoring, with an eye on the latency of endpoints: nothing of Google's acts on it, so what is published is handed on to who does. Thread safe. */
final class LatencyMetrics implements Metrics {
    private static final String ENDPOINT = "endpoint";
    private static final String DEPLOYMENT = "deployment";

    private final CloudMonitoringMetrics metrics;
    private final Supplier<ReplicaScaling> scaling;

    LatencyMetrics(CloudMonitoringMetrics metrics, Supplier<ReplicaScaling> scaling) {
        this.metrics = metrics;
        this.scaling = scaling;
    }

    @Override
    public void publish(List<Point> points) {
        metrics.publish(points);
        for (Point point : points) {
            String endpoint = point.labels().get(ENDPOINT);
            String deployment = point.labels().get(DEPLOYMENT);
            if (point.name().equals(Endpoints.P99_METRIC) && endpoint != null && deployment != null) {
                scaling.get().observe(endpoint, deployment, point.value(), point.micros());
            }
        }
    }

    @Override
    public List<Point> latest(String prefix) {
        return metrics.latest(prefix);
    }
}
