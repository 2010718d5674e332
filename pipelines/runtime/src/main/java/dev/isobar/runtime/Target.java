package dev.isobar.runtime;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Endpoints;
import dev.isobar.port.EventStream;
import dev.isobar.port.Metrics;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.ParquetFiles;
import dev.isobar.port.TrainingJobs;
import dev.isobar.spi.AdapterSession;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a pipeline runs on: for each port a configured adapter instance. Thread safe.
 *
 * @param name the one word that users change
 * @param bindings port → instance; ports may share one
 * @param files what reads and writes Parquet files on this machine, for a target whose own tables are none; null if nothing does
 * @since 0.1
 */
public record Target(
        String name, Map<Port, Binding> bindings, @Nullable ParquetFiles files) {

    /** A target that has no more than its ports. */
    public Target(String name, Map<Port, Binding> bindings) {
        this(name, bindings, null);
    }

    /**
     * A configured adapter instance.
     *
     * @param instance its name in the target
     */
    public record Binding(String instance, CapabilityReport capabilities, AdapterSession session) {}

    /** The instance behind a port. */
    public Binding binding(Port port) {
        Binding b = bindings.get(port);
        if (b == null) {
            throw IsobarException.of(
                            ErrorCode.INVALID_CONFIGURATION, "Target '" + name + "' binds no adapter to " + port)
                    .hint("Name an adapter instance for it under targets." + name + ".")
                    .build();
        }
        return b;
    }

    /** The log of events. */
    public EventStream eventStream() {
        return binding(Port.EVENT_STREAM).session().eventStream();
    }

    /** The lake. */
    public ObjectStore objectStore() {
        return binding(Port.OBJECT_STORE).session().objectStore();
    }

    /** Tables. */
    public OfflineStore offlineStore() {
        return binding(Port.OFFLINE_STORE).session().offlineStore();
    }

    /** Kernel state for servers. */
    public OnlineStore onlineStore() {
        return binding(Port.ONLINE_STORE).session().onlineStore();
    }

    /** Managed training. */
    public TrainingJobs trainingJobs() {
        return binding(Port.TRAINING_JOBS).session().trainingJobs();
    }

    /** Versions of models. */
    public ModelRegistry modelRegistry() {
        return binding(Port.MODEL_REGISTRY).session().modelRegistry();
    }

    /** Live endpoints. */
    public Endpoints endpoints() {
        return binding(Port.ENDPOINTS).session().endpoints();
    }

    /** Measurements. */
    public Metrics metrics() {
        return binding(Port.METRICS).session().metrics();
    }
}
