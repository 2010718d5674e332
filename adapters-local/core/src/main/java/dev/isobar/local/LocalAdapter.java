package dev.isobar.local;

import com.google.inject.Module;
import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.config.ConfigKey;
import dev.isobar.local.endpoint.LocalEndpoints;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.log.LocalEventStream;
import dev.isobar.local.online.LocalOnlineStore;
import dev.isobar.local.router.Router;
import dev.isobar.platform.session.InjectedSession;
import dev.isobar.spi.Adapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * The reference adapter, {@code local}: every port on one machine, without Docker, network or account. Thread safe.
 *
 * @since 0.1
 */
public final class LocalAdapter implements Adapter {
    /** For {@link java.util.ServiceLoader}. */
    public LocalAdapter() {}

    @Override
    public String id() {
        return "local";
    }

    @Override
    public CapabilityReport capabilities() {
        Map<Port, String> services = new EnumMap<>(Port.class);
        services.put(Port.EVENT_STREAM, "durable append log");
        services.put(Port.OBJECT_STORE, "directory with compare-and-set");
        services.put(Port.OFFLINE_STORE, "Parquet through DuckDB");
        services.put(Port.ONLINE_STORE, "log-structured file");
        services.put(Port.TRAINING_JOBS, "a process");
        services.put(Port.MODEL_REGISTRY, "directory");
        services.put(Port.ENDPOINTS, "replica processes behind a router");
        services.put(Port.METRICS, "Prometheus text files");
        return new CapabilityReport(
                id(),
                Map.copyOf(services),
                EnumSet.of(
                        Capability.IDEMPOTENT_APPEND,
                        Capability.SEEK_TO_TIME,
                        Capability.ERASE_EVENTS,
                        Capability.ERASE_ROWS,
                        Capability.ERASE_STATE,
                        Capability.CANCEL_JOBS,
                        Capability.TRAFFIC_SPLIT,
                        Capability.EXACT_SPLIT,
                        Capability.EXACT_STATUS,
                        Capability.SELF_HEALING,
                        Capability.ELASTIC_REPLICAS,
                        Capability.FIXED_PORT),
                Map.of(
                        Limit.MAX_EVENT_BYTES,
                        LocalEventStream.MAX_EVENT_BYTES,
                        Limit.MAX_BATCH_EVENTS,
                        (long) LocalEventStream.MAX_BATCH_EVENTS,
                        Limit.MAX_STATE_BYTES,
                        LocalOnlineStore.LIMITS.maxStateBytes(),
                        // One bound for two ports, so the smaller: what the router takes.
                        Limit.MAX_REQUEST_BYTES,
                        Math.min(Router.MAX_BODY, LocalOnlineStore.LIMITS.maxRequestBytes()),
                        Limit.MAX_REPLICAS,
                        LocalEndpoints.MAX_REPLICAS));
    }

    @Override
    public List<ConfigKey> configuration() {
        return LocalConfig.KEYS;
    }

    @Override
    public AdapterSession open(AdapterContext context) {
        LocalHome home = new LocalHome(context.instance(), context.home());
        OpenPorts open = new OpenPorts();
        List<Module> modules =
                List.of(new StoreModule(home, LocalConfig.from(context.configuration()), open), new ProcessModule());
        return InjectedSession.open("local", context.instance(), modules, open::close);
    }
}
