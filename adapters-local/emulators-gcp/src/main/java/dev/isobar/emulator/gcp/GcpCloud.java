package dev.isobar.emulator.gcp;

import dev.isobar.emulation.program.Emulation;
import dev.isobar.emulation.program.RememberedPorts;
import dev.isobar.emulator.gcp.pubsub.PubSubEmulator;
import dev.isobar.emulator.gcp.storage.StorageService;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** Everything of Google Cloud that Isobar uses, on this machine, until it is closed. What is no process outlives it in its folder. */
final class GcpCloud {
    /** The one bucket, which is there from the start. */
    static final String BUCKET = "isobar";

    private GcpCloud() {}

    /** Starts everything; returns when all of it answers. */
    static Emulation start(Path home, Path images, String project, String location) throws IOException {
        return Emulation.start(emulation -> open(emulation, home, images, project, location));
    }

    private static void open(Emulation emulation, Path home, Path images, String project, String location)
            throws IOException {
        RememberedPorts ports = new RememberedPorts(home.resolve("ports"));
        PubSubEmulator pubsub = emulation.keep(PubSubEmulator.start(home.resolve("pubsub"), ports.of("pubsub")));
        emulation.own("Pub/Sub", URI.create(pubsub.endpoint()), "pubsub");

        StorageService objects = new StorageService(home.resolve("storage"));
        objects.makeBucket(BUCKET, project, location);
        EmulatorServer storage = emulation.keep(EmulatorServer.start(ports.of("storage"), objects));
        emulation.own("Cloud Storage", storage.uri(), "storage");

        emulation.setting("project", project);
        emulation.setting("location", location);
        emulation.setting("bucket", BUCKET);
    }
}
