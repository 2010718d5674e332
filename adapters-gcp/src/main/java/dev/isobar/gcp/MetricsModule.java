package dev.isobar.gcp;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.monitoring.CloudMonitoringMetrics;
import dev.isobar.gcp.monitoring.Monitoring;
import dev.isobar.port.Metrics;
import java.time.Clock;

/** Wires metrics. */
final class MetricsModule extends AbstractModule {
    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        bind(Metrics.class).to(CloudMonitoringMetrics.class);
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
