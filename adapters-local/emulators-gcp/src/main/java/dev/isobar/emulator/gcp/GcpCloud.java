package dev.isobar.emulator.gcp;

import dev.isobar.emulation.process.AccountTable;
import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.program.Emulation;
import dev.isobar.emulation.program.RememberedPorts;
import dev.isobar.emulator.gcp.bigquery.BigQueryEmulator;
import dev.isobar.emulator.gcp.foreign.BigtableEmulator;
import dev.isobar.emulator.gcp.monitoring.MonitoringEmulator;
import dev.isobar.emulator.gcp.pubsub.PubSubEmulator;
import dev.isobar.emulator.gcp.pubsub.Ticker;
import dev.isobar.emulator.gcp.storage.StorageService;
import dev.isobar.emulator.gcp.vertex.VertexEmulator;
import dev.isobar.emulator.gcp.vertex.VertexSettings;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.emulator.gcp.wire.Project;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/** Everything of Google Cloud that Isobar uses, on this machine, until it is closed. What is no process outlives it in its folder. */
final class GcpCloud {
    /** The one bucket, which is there from the start. */
    static final String BUCKET = "isobar";
    /** The one dataset. */
    static final String DATASET = "isobar";

    private static final String BIGQUERY_API = "bigquery.googleapis.com";

    private GcpCloud() {}

    /** Starts everything; returns when all of it answers. */
    static Emulation start(Path home, Path images, String project, String location) throws IOException {
        return Emulation.start(emulation -> open(emulation, home, images, project, location));
    }

    private static void open(Emulation emulation, Path home, Path images, String project, String location)
            throws IOException {
        RememberedPorts ports = new RememberedPorts(home.resolve("ports"));
        Project allowed = new Project(project, new AccountTable(new ImageTable(images)));
        PubSubEmulator pubsub = emulation.keep(PubSubEmulator.start(
                home.resolve("pubsub"),
                ports.of("pubsub"),
                Ticker.SYSTEM,
                List.of(allowed.grpc("pubsub.googleapis.com", "Cloud Pub/Sub API"))));
        emulation.own("Pub/Sub", URI.create(pubsub.endpoint()), "pubsub");

        StorageService objects = new StorageService(home.resolve("storage"));
        objects.makeBucket(BUCKET, project, location);
        EmulatorServer storage = emulation.keep(EmulatorServer.start(
                ports.of("storage"),
                allowed.http(
                        "storage.googleapis.com", "Cloud Storage JSON API", "forbidden", Project::storage, objects)));
        emulation.own("Cloud Storage", storage.uri(), "storage");

        BigQueryEmulator bigquery = emulation.keep(BigQueryEmulator.start(
                home.resolve("bigquery"),
                ports.of("bigquery"),
                ports.of("bigquery-storage"),
                storage.uri(),
                service -> allowed.http(BIGQUERY_API, "BigQuery API", "accessDenied", Project::bigquery, service),
                List.of(allowed.grpc(BIGQUERY_API, "BigQuery API"))));
        bigquery.makeDataset(project, DATASET, location);
        emulation.own("BigQuery", URI.create(bigquery.endpoint()), "bigquery");
        emulation.own("BigQuery Storage Write", URI.create(bigquery.writeEndpoint()), "bigquery-storage");

        ForeignProcess bigtable = BigtableEmulator.start(home.resolve("bigtable"), ports.of("bigtable"));
        emulation.foreign("Bigtable", bigtable, "bigtable");
        emulation.setting("endpoint.bigtable-admin", bigtable.endpoint().toString());

        MonitoringEmulator monitoring = emulation.keep(MonitoringEmulator.start(
                home.resolve("monitoring"),
                ports.of("monitoring"),
                Clock.systemUTC(),
                List.of(allowed.grpc("monitoring.googleapis.com", "Cloud Monitoring API"))));
        emulation.own("Cloud Monitoring", URI.create(monitoring.endpoint()), "monitoring");

        VertexEmulator vertex = emulation.keep(VertexEmulator.start(
                VertexSettings.of(project, location, home.resolve("vertex"), storage.uri(), images),
                ports.of("vertex"),
                List.of(allowed.grpc("aiplatform.googleapis.com", "Vertex AI API"))));
        emulation.own("Vertex AI", URI.create(vertex.endpoint()), "aiplatform");
        emulation.own("Cloud Logging", URI.create(vertex.endpoint()), "logging");

        emulation.setting("project", project);
        emulation.setting("location", location);
        emulation.setting("bucket", BUCKET);
        emulation.setting("bigquery.dataset", DATASET);
        emulation.setting("vertex.poll-interval", "50ms");
    }
}
