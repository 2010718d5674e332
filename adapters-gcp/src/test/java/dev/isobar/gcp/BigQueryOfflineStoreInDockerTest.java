package dev.isobar.gcp;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.DatasetInfo;
import dev.isobar.conformance.OfflineStoreSuite;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.gcloud.BigQueryEmulatorContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The same promises on goccy's BigQuery emulator, REST and Storage Write both; the lake is ours.
 *
 * <p>{@code -Dbigquery.image=} names what runs instead: an image that takes {@code --project} and answers on the same two ports.
 */
@Tag("docker")
class BigQueryOfflineStoreInDockerTest extends OfflineStoreSuite {
    private static final String REPOSITORY = "ghcr.io/goccy/bigquery-emulator";
    private static final String PINNED =
            REPOSITORY + ":0.8.1@sha256:f4e428d265a93dc5ce36c294e1c584c7c9b384117d47ab8ddbb63d8d50b7f393";

    /** Beside 9050, which the container class knows. */
    private static final int STORAGE_PORT = 9060;

    @TempDir
    static Path home;

    private static BigQueryEmulatorContainer bigquery;
    private static EmulatorServer storage;

    @BeforeAll
    static void start() throws Exception {
        boolean docker = DockerClientFactory.instance().isDockerAvailable();
        assumeTrue(docker, "no Docker answers here, and goccy's BigQuery emulator runs in a container");
        bigquery = new BigQueryEmulatorContainer(DockerImageName.parse(System.getProperty("bigquery.image", PINNED))
                .asCompatibleSubstituteFor(REPOSITORY));
        bigquery.addExposedPort(STORAGE_PORT);
        bigquery.setCommand("--project", GcpPlatform.PROJECT);
        bigquery.start();
        BigQueryOptions.newBuilder()
                .setProjectId(GcpPlatform.PROJECT)
                .setCredentials(NoCredentials.getInstance())
                .setHost(bigquery.getEmulatorHttpEndpoint())
                .build()
                .getService()
                .create(DatasetInfo.newBuilder("isobar")
                        .setLocation(GcpPlatform.LOCATION)
                        .build());
        storage = EmulatorServer.start(0, GcpPlatform.lake(home));
    }

    @AfterAll
    static void stop() {
        if (bigquery != null) {
            bigquery.stop();
        }
        if (storage != null) {
            storage.close();
        }
    }

    @Override
    protected Platform platform() {
        return new GcpPlatform(
                Map.of(
                        "endpoint.bigquery",
                        bigquery.getEmulatorHttpEndpoint(),
                        "endpoint.bigquery-storage",
                        "http://" + bigquery.getHost() + ":" + bigquery.getMappedPort(STORAGE_PORT),
                        "endpoint.storage",
                        storage.uri().toString()),
                "goccy's emulator in a container");
    }
}
