package dev.isobar.gcp;

import dev.isobar.conformance.OfflineStoreSuite;
import dev.isobar.emulator.gcp.bigquery.BigQueryEmulator;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class BigQueryOfflineStoreTest extends OfflineStoreSuite {
    @TempDir
    static Path home;

    private static BigQueryEmulator bigquery;
    private static EmulatorServer storage;

    @BeforeAll
    static void start() throws Exception {
        storage = EmulatorServer.start(0, GcpPlatform.lake(home));
        bigquery = BigQueryEmulator.start(home.resolve("bigquery"), 0, 0, storage.uri());
        bigquery.makeDataset(GcpPlatform.PROJECT, "isobar", GcpPlatform.LOCATION);
    }

    @AfterAll
    static void stop() {
        bigquery.close();
        storage.close();
    }

    @Override
    protected Platform platform() {
        return new GcpPlatform(Map.of(
                "endpoint.bigquery", bigquery.endpoint(),
                "endpoint.bigquery-storage", bigquery.writeEndpoint(),
                "endpoint.storage", storage.uri().toString()));
    }
}
