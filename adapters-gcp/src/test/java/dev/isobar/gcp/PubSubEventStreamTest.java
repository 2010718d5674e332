package dev.isobar.gcp;

import dev.isobar.conformance.EventStreamSuite;
import dev.isobar.emulator.gcp.pubsub.PubSubEmulator;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class PubSubEventStreamTest extends EventStreamSuite {
    @TempDir
    static Path home;

    private static PubSubEmulator pubsub;
    private static EmulatorServer storage;

    @BeforeAll
    static void start() throws Exception {
        pubsub = PubSubEmulator.start(home.resolve("pubsub"), 0);
        storage = EmulatorServer.start(0, GcpPlatform.lake(home));
    }

    @AfterAll
    static void stop() {
        pubsub.close();
        storage.close();
    }

    @Override
    protected Platform platform() {
        return new GcpPlatform(Map.of(
                "endpoint.pubsub",
                pubsub.endpoint(),
                "endpoint.storage",
                storage.uri().toString()));
    }
}
