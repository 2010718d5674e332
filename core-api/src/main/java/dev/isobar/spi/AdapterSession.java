package dev.isobar.spi;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Endpoints;
import dev.isobar.port.EventStream;
import dev.isobar.port.Metrics;
import dev.isobar.port.ModelRegistry;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.Resource;
import dev.isobar.port.TrainingJobs;
import java.util.List;

/**
 * An open connection to a platform. A port that the adapter does not declare throws {@code UNSUPPORTED}. Ports are opened when first asked for and
 * stay valid until the session is closed. Thread safe.
 *
 * @since 0.1
 */
public interface AdapterSession extends AutoCloseable {
    /**
     * A port by its interface. The one method to override: those below ask it.
     *
     * @throws IsobarException {@code UNSUPPORTED} if the adapter has none
     */
    default <T> T port(Class<T> port) {
        String name = port.getSimpleName();
        throw IsobarException.of(ErrorCode.UNSUPPORTED, "This adapter has no " + name + ".")
                .at(name, "open")
                .hint("Name another adapter for it in the target; `isobar plan` shows which has what.")
                .build();
    }

    default EventStream eventStream() {
        return port(EventStream.class);
    }

    default ObjectStore objectStore() {
        return port(ObjectStore.class);
    }

    default OfflineStore offlineStore() {
        return port(OfflineStore.class);
    }

    default OnlineStore onlineStore() {
        return port(OnlineStore.class);
    }

    default TrainingJobs trainingJobs() {
        return port(TrainingJobs.class);
    }

    default ModelRegistry modelRegistry() {
        return port(ModelRegistry.class);
    }

    default Endpoints endpoints() {
        return port(Endpoints.class);
    }

    default Metrics metrics() {
        return port(Metrics.class);
    }

    /** Everything that exists because of this adapter: processes with their pid, resources with their id. */
    List<Resource> resources();

    /** Releases connections; what was made stays. */
    @Override
    void close();
}
