package dev.isobar.gcp.bigtable;

import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulator.gcp.foreign.BigtableEmulator;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.gcp.client.GcpIdentity;
import dev.isobar.gcp.client.GcpService;
import io.grpc.ClientInterceptor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Google's emulator for the tests of one class, and stores on it. */
final class Emulated implements AutoCloseable {
    static final Duration PATIENT = Duration.ofSeconds(20);

    private static final Path FOLDER =
            Path.of(System.getProperty("basedir", ""), "target", "bigtable").toAbsolutePath();

    private final ForeignProcess process;

    /** In a folder of all classes, so that it is unpacked once. */
    Emulated() throws IOException {
        process = BigtableEmulator.start(FOLDER);
    }

    /** Another one at the address of this one, which has ended. */
    ForeignProcess again() throws IOException {
        return BigtableEmulator.start(FOLDER, endpoint().getPort());
    }

    URI endpoint() {
        return process.endpoint();
    }

    /** Clients through interceptors, the first one nearest to the caller; to be closed. */
    static GcpClients clients(URI endpoint) {
        return new GcpClients(new GcpIdentity(
                "test",
                "isobar-test",
                "europe-west3",
                null,
                null,
                null,
                List.of(),
                Map.of(GcpService.BIGTABLE, endpoint, GcpService.BIGTABLE_ADMIN, endpoint)));
    }

    static Bigtable bigtable(GcpClients clients, Duration patience, ClientInterceptor... interceptors) {
        return Bigtable.open(clients, "isobar", null, patience, List.of(interceptors));
    }

    /** A store whose requests have that many rows. */
    static BigtableOnlineStore store(Bigtable bigtable, int entries) {
        return new BigtableOnlineStore(bigtable, "isobar", new NamespaceWriter.Pace(entries, 4 << 20, 12));
    }

    @Override
    public void close() {
        process.close();
    }
}
