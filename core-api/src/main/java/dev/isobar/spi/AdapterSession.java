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
    default EventStream eventStream() {
        throw unsupported("EventStream");
    }

    default ObjectStore objectStore() {
        throw unsupported("ObjectStore");
    }

    default OfflineStore offlineStore() {
        throw unsupported("OfflineStore");
    }

    default OnlineStore onlineStore() {
        throw unsupported("OnlineStore");
    }

    default TrainingJobs trainingJobs() {
        throw unsupported("TrainingJobs");
    }

    default ModelRegistry modelRegistry() {
        throw unsupported("ModelRegistry");
    }

    default Endpoints endpoints() {
        throw unsupported("Endpoints");
    }

    default Metrics metrics() {
        throw unsupported("Metrics");
    }

    /** Everything that exists because of this adapter: processes with their pid, resources with their id. */
    List<Resource> resources();

    /** Releases connections; what was made stays. */
    @Override
    void close();

    private static IsobarException unsupported(String port) {
        return IsobarException.of(ErrorCode.UNSUPPORTED, "This adapter has no " + port + ".")
                .at(port, "open")
                .hint("Name another adapter for it in the target; `isobar plan` shows which has what.")
                .build();
    }
}
