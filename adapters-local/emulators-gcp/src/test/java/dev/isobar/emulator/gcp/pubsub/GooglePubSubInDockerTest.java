package dev.isobar.emulator.gcp.pubsub;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.gcloud.PubSubEmulatorContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The same questions to Google's emulator in Google's own image, for who has Docker but not the Google Cloud CLI.
 *
 * <p>{@code -Dpubsub.image=} names what runs instead: an image with a {@code gcloud} that starts the emulator.
 */
@Tag("docker")
class GooglePubSubInDockerTest extends PubSubProbes {
    private static final String REPOSITORY = "gcr.io/google.com/cloudsdktool/google-cloud-cli";
    private static final String PINNED =
            REPOSITORY + ":587.0.0-emulators@sha256:8d8573471c489a409f03891d2c24d177fa531276184f7002b9a2d853d1b3ed54";

    private static PubSubEmulatorContainer container;

    @BeforeAll
    static void start() {
        boolean docker = DockerClientFactory.instance().isDockerAvailable();
        assumeTrue(docker, "no Docker answers here, and Google's Pub/Sub emulator runs in a container");
        container = new PubSubEmulatorContainer(DockerImageName.parse(System.getProperty("pubsub.image", PINNED))
                .asCompatibleSubstituteFor(REPOSITORY));
        container.start();
    }

    @AfterAll
    static void stop() {
        if (container != null) {
            container.stop();
        }
    }

    @Override
    int port() {
        return container.getFirstMappedPort();
    }

    @Override
    Set<Difference> differences() {
        return GooglePubSubEmulatorTest.KNOWN;
    }
}
