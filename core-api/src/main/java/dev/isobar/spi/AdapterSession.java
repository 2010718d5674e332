package dev.isobar.spi;

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
    EventStream eventStream();

    ObjectStore objectStore();

    OfflineStore offlineStore();

    OnlineStore onlineStore();

    TrainingJobs trainingJobs();

    ModelRegistry modelRegistry();

    Endpoints endpoints();

    Metrics metrics();

    /** Everything that exists because of this adapter: processes with their pid, resources with their id. */
    List<Resource> resources();

    /** Releases connections; what was made stays. */
    @Override
    void close();
}
