package dev.isobar.aws;

import dev.isobar.conformance.ObjectStoreSuite;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class S3ObjectStoreTest extends ObjectStoreSuite {
    @TempDir
    static Path home;

    private static EmulatorServer emulator;

    @BeforeAll
    static void start() throws Exception {
        emulator = EmulatorServer.start(0, List.of(new S3Service(home)));
        Buckets.make(emulator.uri());
    }

    @AfterAll
    static void stop() {
        emulator.close();
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint", emulator.uri().toString()));
    }
}
