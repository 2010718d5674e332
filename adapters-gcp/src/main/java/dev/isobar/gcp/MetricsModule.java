package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.monitoring.CloudMonitoringMetrics;
import dev.isobar.gcp.monitoring.Monitoring;
import dev.isobar.gcp.vertex.ReplicaScaling;
import dev.isobar.port.Metrics;
import java.time.Clock;

/** Wires metrics. */
final class MetricsModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
    }

    @Provides
    @Singleton
    Metrics watched(CloudMonitoringMetrics metrics, Provider<ReplicaScaling> scaling) {
        return new LatencyMetrics(metrics, scaling::get);
    }

    @Provides
    @Singleton
    CloudMonitoringMetrics metrics(GcpConfig config, GcpClients clients) {
        return new CloudMonitoringMetrics(
                Monitoring.open(clients, config.patience()),
                config.identity().instance(),
                config.identity().project(),
                config.prefix(),
                Clock.systemUTC());
    }
}
