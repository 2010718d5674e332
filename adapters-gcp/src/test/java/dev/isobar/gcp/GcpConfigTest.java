package dev.isobar.gcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.config.Configuration;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.client.GcpIdentity;
import dev.isobar.gcp.client.GcpService;
import dev.isobar.gcp.pubsub.PubSubEventStream;
import dev.isobar.gcp.vertex.VertexSettings;
import dev.isobar.spi.Adapter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The Google Cloud adapter's configuration")
class GcpConfigTest {
    private static GcpConfig config(Map<String, String> given) {
        return GcpConfig.from("g", Configuration.of("", new GcpAdapter().configuration(), given));
    }

    @Test
    @DisplayName("belongs to an adapter that is found by its id")
    void found() {
        assertThat(ServiceLoader.load(Adapter.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .map(Adapter::id))
                .containsExactly("gcp");
    }

    @Test
    @DisplayName("needs a project, a location and a bucket, and has a default for the rest")
    void defaults() {
        assertThat(config(Map.of("project", "my-project", "location", "europe-west3", "bucket", "b")))
                .isEqualTo(new GcpConfig(
                        new GcpIdentity("g", "my-project", "europe-west3", null, null, null, List.of(), Map.of()),
                        "b",
                        "isobar",
                        Duration.ofMinutes(1),
                        512L << 20,
                        new PubSubEventStream.Settings(
                                "isobar", "europe-west3", Duration.ofDays(7), false, null, 10_000, 64L << 20),
                        new GcpConfig.Online(null, "isobar", null),
                        new VertexSettings(
                                "b",
                                "isobar/lake/",
                                "isobar",
                                "n1-standard-4",
                                "n1-standard-2",
                                null,
                                false,
                                Duration.ofHours(1),
                                Duration.ofSeconds(5),
                                Duration.ofMinutes(45),
                                Duration.ofMinutes(1),
                                null),
                        "isobar"));
    }

    @Test
    @DisplayName("becomes what the services take")
    void everything() {
        GcpConfig config = config(Map.ofEntries(
                Map.entry("project", "example.com:my-project"),
                Map.entry("location", "us-central1"),
                Map.entry("bucket", "b"),
                Map.entry("prefix", "team-a"),
                Map.entry("credentials.federation-file", "/keys/aws.json"),
                Map.entry("impersonate.service-account", "c@p.iam.gserviceaccount.com"),
                Map.entry("impersonate.delegates", "a@p.iam.gserviceaccount.com, b@p.iam.gserviceaccount.com"),
                Map.entry("retry.total", "7s"),
                Map.entry("storage.compose-from-mib", "0"),
                Map.entry("pubsub.retention", "1h"),
                Map.entry("pubsub.exactly-once", "true"),
                Map.entry("pubsub.dead-letter-topic", "odd"),
                Map.entry("online.store", "redis"),
                Map.entry("online.redis.uri", "redis://h:6379"),
                Map.entry("bigtable.instance", "team-a-state"),
                Map.entry("bigtable.app-profile", "transactional"),
                Map.entry("vertex.machine-type", "c2-standard-8"),
                Map.entry("vertex.serving-machine-type", "e2-highmem-2"),
                Map.entry("vertex.service-account", "runner@p.iam.gserviceaccount.com"),
                Map.entry("vertex.spot", "true"),
                Map.entry("vertex.max-wait", "2h"),
                Map.entry("vertex.poll-interval", "50ms"),
                Map.entry("vertex.operation-patience", "3m"),
                Map.entry("vertex.scaling-period", "2m"),
                Map.entry("vertex.registry-image", "europe-docker.pkg.dev/p/r/server@sha256:0"),
                Map.entry("bigquery.dataset", "team_a_tables"),
                Map.entry("endpoint.storage", "http://127.0.0.1:9199"),
                Map.entry("endpoint.pubsub", "https://pubsub.example")));
        assertThat(config)
                .isEqualTo(new GcpConfig(
                        new GcpIdentity(
                                "g",
                                "example.com:my-project",
                                "us-central1",
                                null,
                                Path.of("/keys/aws.json"),
                                "c@p.iam.gserviceaccount.com",
                                List.of("a@p.iam.gserviceaccount.com", "b@p.iam.gserviceaccount.com"),
                                Map.of(
                                        GcpService.STORAGE, URI.create("http://127.0.0.1:9199"),
                                        GcpService.PUBSUB, URI.create("https://pubsub.example"))),
                        "b",
                        "team-a",
                        Duration.ofSeconds(7),
                        0,
                        new PubSubEventStream.Settings(
                                "team-a",
                                "us-central1",
                                Duration.ofHours(1),
                                true,
                                "projects/example.com:my-project/topics/odd",
                                10_000,
                                64L << 20),
                        new GcpConfig.Online("redis://h:6379", "team-a-state", "transactional"),
                        new VertexSettings(
                                "b",
                                "team-a/lake/",
                                "team-a",
                                "c2-standard-8",
                                "e2-highmem-2",
                                "runner@p.iam.gserviceaccount.com",
                                true,
                                Duration.ofHours(2),
                                Duration.ofMillis(50),
                                Duration.ofMinutes(3),
                                Duration.ofMinutes(2),
                                "europe-docker.pkg.dev/p/r/server@sha256:0"),
                        "team_a_tables"));
        assertThat(config.lake()).isEqualTo("team-a/lake/");
        assertThat(config.parts()).isEqualTo("team-a/parts/");
        assertThat(config.tables()).isEqualTo("team-a/tables/");
        assertThat(config(Map.of(
                                "project", "my-project", "location", "europe-west3", "bucket", "b", "prefix", "team-a"))
                        .dataset())
                .isEqualTo("team_a");
    }

    @Test
    @DisplayName("says everything that is wrong with it at once")
    void problems() {
        IsobarException e = catchThrowableOfType(
                IsobarException.class,
                () -> config(Map.of(
                        "project", "P",
                        "location", "EU",
                        "prefix", "-x",
                        "credentials.key-file", "a",
                        "credentials.federation-file", "b",
                        "impersonate.delegates", "nobody",
                        "vertex.machine-type", "big",
                        "bigquery.dataset", "a-b",
                        "storage.compose-from-mib", "-1",
                        "endpoint.storage", "ftp://x")));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(String.valueOf(e.getMessage()).split("\n"))
                .hasSize(11)
                .anyMatch(line -> line.startsWith("bigquery.dataset is 'a-b'"))
                .anyMatch(line -> line.startsWith("project is 'P'"))
                .anyMatch(line -> line.startsWith("location is 'EU'"))
                .anyMatch(line -> line.startsWith("bucket is not set"))
                .anyMatch(line -> line.startsWith("prefix is '-x'"))
                .anyMatch(line -> line.contains("exclude each other"))
                .anyMatch(line -> line.startsWith("impersonate.delegates names 'nobody'"))
                .anyMatch(line -> line.startsWith("impersonate.delegates is set without"))
                .anyMatch(line -> line.startsWith("vertex.machine-type is 'big'"))
                .anyMatch(line -> line.startsWith("storage.compose-from-mib is -1"))
                .anyMatch(line -> line.startsWith("endpoint.storage is 'ftp://x'"));
    }

    @Test
    @DisplayName("says what is wrong with the online store")
    void online() {
        Map<String, String> needed = Map.of("project", "my-project", "location", "europe-west3", "bucket", "b");
        for (Map<String, String> wrong : List.of(
                Map.of("online.store", "redis"),
                Map.of("online.redis.uri", "redis://h"),
                Map.of("online.store", "memory"),
                Map.of("bigtable.instance", "Isobar"),
                Map.of("bigtable.app-profile", "a/b"))) {
            Map<String, String> given = new HashMap<>(needed);
            given.putAll(wrong);
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> config(given));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
            assertThat(String.valueOf(e.getMessage()).split("\n"))
                    .hasSize(1)
                    .allMatch(line -> line.startsWith("online.") || line.startsWith("bigtable."));
        }
    }

    @Test
    @DisplayName("keeps its own identity from workloads")
    void identity() {
        Configuration configuration = Configuration.of(
                "",
                new GcpAdapter().configuration(),
                Map.of("project", "my-project", "credentials.key-file", "k", "impersonate.service-account", "a@b"));
        assertThat(configuration.forWorkloads()).containsOnlyKeys("project");
    }
}
