package dev.isobar.gcp;

import com.google.inject.Module;
import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.config.ConfigKey;
import dev.isobar.gcp.bigtable.BigtableOnlineStore;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.monitoring.CloudMonitoringMetrics;
import dev.isobar.gcp.pubsub.PubSubEventStream;
import dev.isobar.gcp.vertex.VertexEndpoints;
import dev.isobar.platform.session.InjectedSession;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The Google Cloud adapter, {@code gcp}: ports on managed services, through Google's own client libraries. Thread safe.
 *
 * @since 0.1
 */
public final class GcpAdapter implements Adapter {
    /** 5 TiB. */
    private static final long MAX_OBJECT_BYTES = 5L << 40;

    /** For {@link java.util.ServiceLoader}. */
    public GcpAdapter() {}

    @Override
    public String id() {
        return "gcp";
    }

    @Override
    public CapabilityReport capabilities() {
        return new CapabilityReport(
                id(),
                Map.of(
                        Port.EVENT_STREAM, "Pub/Sub",
                        Port.OBJECT_STORE, "Cloud Storage",
                        Port.ONLINE_STORE, "Bigtable, or Redis (Memorystore)",
                        Port.METRICS, "Cloud Monitoring",
                        Port.TRAINING_JOBS, "Vertex AI custom jobs",
                        Port.MODEL_REGISTRY, "Vertex AI Model Registry",
                        Port.ENDPOINTS, "Vertex AI endpoints",
                        Port.OFFLINE_STORE, "BigQuery"),
                Set.of(
                        Capability.SEEK_TO_TIME,
                        Capability.ERASE_STATE,
                        Capability.ERASE_ROWS,
                        Capability.SCAN_ESTIMATE,
                        Capability.CONTAINER_IMAGES,
                        Capability.CANCEL_JOBS,
                        Capability.TRAFFIC_SPLIT,
                        Capability.ELASTIC_REPLICAS,
                        Capability.SELF_HEALING),
                Map.of(
                        Limit.MAX_EVENT_BYTES,
                        PubSubEventStream.MAX_EVENT_BYTES,
                        Limit.MAX_OBJECT_BYTES,
                        MAX_OBJECT_BYTES,
                        Limit.MAX_STATE_BYTES,
                        BigtableOnlineStore.LIMITS.maxStateBytes(),
                        Limit.METRIC_STEP_MICROS,
                        CloudMonitoringMetrics.STEP_MICROS,
                        Limit.MAX_REQUEST_BYTES,
                        VertexEndpoints.MAX_REQUEST_BYTES,
                        Limit.MAX_DEPLOYMENTS,
                        VertexEndpoints.MAX_DEPLOYMENTS,
                        // Machines are found, images pulled and containers started, one deployment after the other.
                        Limit.ENDPOINT_SETTLE_MICROS,
                        45 * 60 * 1_000_000L));
    }

    @Override
    public List<ConfigKey> configuration() {
        return GcpConfig.KEYS;
    }

    @Override
    public AdapterSession open(AdapterContext context) {
        GcpConfig config = GcpConfig.from(context.instance(), context.configuration());
        GcpClients clients = new GcpClients(config.identity());
        List<Module> modules = List.of(
                new CommonModule(config, clients, context),
                new LakeModule(),
                new OfflineModule(),
                new StreamModule(),
                new OnlineModule(),
                new MetricsModule(),
                new MachineLearningModule());
        return InjectedSession.open("Google Cloud", context.instance(), modules, clients::close);
    }
}
