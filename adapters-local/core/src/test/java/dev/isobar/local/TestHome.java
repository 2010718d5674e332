package dev.isobar.local;

import dev.isobar.local.endpoint.LocalEndpoints;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.process.ProcessTable;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A home for one test with an open session; afterwards nothing that the test started is alive. */
public final class TestHome implements BeforeEachCallback, AfterEachCallback {
    private Path root;
    private AdapterSession session;

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        if (root == null) {
            root = Files.createTempDirectory("isobar-home");
            session = open();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        session.close();
        try (LocalEndpoints endpoints = new LocalEndpoints(home())) {
            endpoints.stopAll();
        }
        ProcessTable table = ProcessTable.of(home());
        table.stop(table.live(), Duration.ZERO);
        AtomicFiles.deleteTree(root);
        root = null;
    }

    /** Another session of the same home, as a second command has it. */
    public AdapterSession open() {
        return new LocalPlatform(root).open();
    }

    /** The session of this test. */
    public AdapterSession session() {
        return session;
    }

    /** Where its files are. */
    public LocalHome home() {
        return new LocalHome("local", root);
    }
}
