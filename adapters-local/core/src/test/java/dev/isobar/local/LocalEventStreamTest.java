package dev.isobar.local;

import dev.isobar.conformance.EventStreamSuite;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalEventStreamTest extends EventStreamSuite {
    @TempDir
    static Path home;

    @Override
    protected Platform platform() {
        return new LocalPlatform(home);
    }
}
