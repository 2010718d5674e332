package dev.isobar.gcp.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.auth.Credentials;
import com.google.auth.oauth2.ExternalAccountCredentials;
import com.google.auth.oauth2.ImpersonatedCredentials;
import com.google.auth.oauth2.ServiceAccountCredentials;
import com.google.cloud.NoCredentials;
import com.sun.net.httpserver.HttpServer;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The identity of an adapter instance")
class GcpClientsTest {
    @TempDir
    Path home;

    /** Stands for Google's token services: request bodies by path. */
    private final Map<String, String> asked = new ConcurrentHashMap<>();

    private HttpServer google;

    @BeforeEach
    void start() throws Exception {
        google = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        google.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            asked.put(path, new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            String answer = path.endsWith(":generateAccessToken")
                    ? "{\"accessToken\":\"impersonated\",\"expireTime\":\"2099-01-01T00:00:00Z\"}"
                    : "{\"access_token\":\"own\",\"expires_in\":3600,\"token_type\":\"Bearer\","
                            + "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:access_token\"}";
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length());
            exchange.getResponseBody().write(answer.getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        google.start();
    }

    @AfterEach
    void stop() {
        google.stop(0);
    }

    private String uri() {
        return "http://127.0.0.1:" + google.getAddress().getPort();
    }

    private static GcpIdentity identity(
            @Nullable Path key,
            @Nullable Path federation,
            @Nullable String impersonated,
            List<String> delegates,
            Map<GcpService, URI> endpoints) {
        return new GcpIdentity("g", "my-project", "europe-west3", key, federation, impersonated, delegates, endpoints);
    }

    private Path keyFile() throws Exception {
        String key = Base64.getMimeEncoder()
                .encodeToString(KeyPairGenerator.getInstance("RSA")
                        .generateKeyPair()
                        .getPrivate()
                        .getEncoded())
                .replace("\r\n", "\\n");
        return Files.writeString(home.resolve("key.json"), """
                {"type": "service_account", "project_id": "my-project", "private_key_id": "1", "client_id": "2",
                 "private_key": "-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n",
                 "client_email": "a@my-project.iam.gserviceaccount.com", "token_uri": "%s/token"}
                """.formatted(key, uri()));
    }

    @Test
    @DisplayName("is a service account's key where one is named")
    void key() throws Exception {
        try (GcpClients clients = new GcpClients(identity(keyFile(), null, null, List.of(), Map.of()))) {
            assertThat(clients.credentials(GcpService.STORAGE)).isInstanceOf(ServiceAccountCredentials.class);
            assertThat(clients.credentials(GcpService.PUBSUB)).isSameAs(clients.credentials(GcpService.STORAGE));
        }
    }

    @Test
    @DisplayName("acts as another service account through a chain of others")
    void impersonation() throws Exception {
        GcpIdentity identity = identity(
                keyFile(),
                null,
                "target@my-project.iam.gserviceaccount.com",
                List.of("between@my-project.iam.gserviceaccount.com"),
                Map.of(GcpService.IAM_CREDENTIALS, URI.create(uri())));
        try (GcpClients clients = new GcpClients(identity)) {
            Credentials credentials = clients.credentials(GcpService.STORAGE);
            assertThat(credentials).isInstanceOf(ImpersonatedCredentials.class);
            assertThat(credentials.getRequestMetadata(URI.create("https://storage.googleapis.com")))
                    .containsEntry("Authorization", List.of("Bearer impersonated"));
        }
        assertThat(asked)
                .hasEntrySatisfying(
                        "/v1/projects/-/serviceAccounts/target@my-project.iam.gserviceaccount.com:generateAccessToken",
                        body -> assertThat(body).contains("between@my-project.iam.gserviceaccount.com"));
    }

    @Test
    @DisplayName(
            "is one of another cloud where a credential configuration says so, and tokens are exchanged at Google only")
    void federation() throws Exception {
        String configuration = """
                {"type": "external_account", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                 "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/azure",
                 "token_url": "%s", "credential_source": {"file": "/var/run/token"}}
                """;
        Path file = home.resolve("federation.json");
        Files.writeString(file, configuration.formatted("https://sts.googleapis.com/v1/token"));
        try (GcpClients clients = new GcpClients(identity(null, file, null, List.of(), Map.of()))) {
            assertThat(clients.credentials(GcpService.STORAGE)).isInstanceOf(ExternalAccountCredentials.class);
        }
        Files.writeString(file, configuration.formatted(uri()));
        try (GcpClients clients = new GcpClients(identity(null, file, null, List.of(), Map.of()))) {
            assertThat(catchThrowableOfType(IsobarException.class, () -> clients.credentials(GcpService.STORAGE))
                            .code())
                    .isEqualTo(ErrorCode.UNAUTHENTICATED);
        }
    }

    @Test
    @DisplayName("is not shown to an emulator, nor asked for, and is to a private endpoint")
    void emulated() throws Exception {
        Map<GcpService, URI> endpoints = Map.of(
                GcpService.STORAGE, URI.create("http://127.0.0.1:1"),
                GcpService.PUBSUB, URI.create("https://pubsub.example"));
        try (GcpClients clients =
                new GcpClients(identity(home.resolve("none.json"), null, null, List.of(), endpoints))) {
            assertThat(clients.credentials(GcpService.STORAGE)).isSameAs(NoCredentials.getInstance());
            assertThat(clients.isEmulated(GcpService.PUBSUB)).isFalse();
            IsobarException e =
                    catchThrowableOfType(IsobarException.class, () -> clients.credentials(GcpService.PUBSUB));
            assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
            assertThat(e.getMessage()).contains("none.json");
        }
    }

    @Test
    @DisplayName("never says what is in a key that cannot be read")
    void malformed() throws Exception {
        Path file = Files.writeString(
                home.resolve("bad.json"), "{\"type\": \"service_account\", \"private_key\": \"secret-thing\"}");
        try (GcpClients clients = new GcpClients(identity(file, null, null, List.of(), Map.of()))) {
            IsobarException e =
                    catchThrowableOfType(IsobarException.class, () -> clients.credentials(GcpService.STORAGE));
            assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
            assertThat(e.getMessage()).doesNotContain("secret-thing");
        }
    }
}
