package dev.isobar.gcp.bigtable;

import dev.isobar.conformance.online.OnlineInterleavings;
import dev.isobar.conformance.online.Turns;
import dev.isobar.gcp.client.GcpClients;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** {@link OnlineInterleavings} over a client that reads and writes the rows of a request one by one in random order. */
@DisplayName("Two writers, readers and an erasure on Bigtable")
class OnlineInterleavingsTest {
    private static Emulated emulated;

    @BeforeAll
    static void start() throws Exception {
        emulated = new Emulated();
    }

    @AfterAll
    static void stop() {
        emulated.close();
    }

    @Test
    @DisplayName(
            "show every reader the state after some whole number of writes, never an older one than was acknowledged before it asked")
    void serial() throws Exception {
        long seed = 21;
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable calm = Emulated.bigtable(clients, Emulated.PATIENT);
            Bigtable torn = Emulated.bigtable(clients, Emulated.PATIENT, new Torn(new Turns(seed), seed + 1));
            OnlineInterleavings.serial(seed, "serial-" + seed, () -> Emulated.store(torn, 3), Emulated.store(calm, 3));
        }
    }
}
