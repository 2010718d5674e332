package dev.isobar.gcp;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.api.gax.rpc.UnimplementedException;
import dev.isobar.conformance.EventStreamSuite;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.error.IsobarException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.gcloud.PubSubEmulatorContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The same promises on Google's Pub/Sub emulator, in Google's own image.
 *
 * <p>{@code -Dpubsub.image=} names what runs instead: an image with a {@code gcloud} that starts the emulator.
 */
@Tag("docker")
@ExtendWith(PubSubEventStreamInDockerTest.NoSeek.class)
class PubSubEventStreamInDockerTest extends EventStreamSuite {
    private static final String REPOSITORY = "gcr.io/google.com/cloudsdktool/google-cloud-cli";
    private static final String PINNED =
            REPOSITORY + ":587.0.0-emulators@sha256:8d8573471c489a409f03891d2c24d177fa531276184f7002b9a2d853d1b3ed54";

    @TempDir
    static Path home;

    private static PubSubEmulatorContainer pubsub;
    private static EmulatorServer storage;

    @BeforeAll
    static void start() throws Exception {
        boolean docker = DockerClientFactory.instance().isDockerAvailable();
        assumeTrue(docker, "no Docker answers here, and Google's Pub/Sub emulator runs in a container");
        pubsub = new PubSubEmulatorContainer(DockerImageName.parse(System.getProperty("pubsub.image", PINNED))
                .asCompatibleSubstituteFor(REPOSITORY));
        pubsub.start();
        storage = EmulatorServer.start(0, GcpPlatform.lake(home));
    }

    @AfterAll
    static void stop() {
        if (pubsub != null) {
            storage.close();
            pubsub.stop();
        }
    }

    /** Google's emulator answers a seek to a time, with which nearly every reader begins, with UNIMPLEMENTED: what comes to that is not tried any further, and says so. */
    static final class NoSeek implements TestExecutionExceptionHandler {
        @Override
        public void handleTestExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
            if (thrown instanceof IsobarException && thrown.getCause() instanceof UnimplementedException) {
                throw new TestAbortedException("Google's emulator cannot seek to a time", thrown);
            }
            throw thrown;
        }
    }

    @Override
    protected Platform platform() {
        return new GcpPlatform(
                Map.of(
                        "endpoint.pubsub",
                        "http://" + pubsub.getEmulatorEndpoint(),
                        "endpoint.storage",
                        storage.uri().toString()),
                "Google's emulator in a container");
    }
}
