package dev.isobar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.ImageReference;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("An image in a registry")
class PushTest {
    private static final Map<String, String> LOGIN =
            Map.of("ISOBAR_REGISTRY_USER", "AWS", "ISOBAR_REGISTRY_PASSWORD", "token");

    @TempDir
    Path folder;

    private LocalRegistry registry;
    private Plans plans;

    @BeforeEach
    void start() throws Exception {
        registry = new LocalRegistry();
        plans = new Plans(folder);
    }

    @AfterEach
    void stop() throws IOException {
        registry.close();
    }

    @Test
    @DisplayName("is a Docker manifest, which SageMaker takes, and is named by its digest")
    void push() throws IOException {
        ImageResult result = push("team/isobar:1", Map.of());
        byte[] manifest = registry.manifests.get("team/isobar/1");
        assertThat(LocalRegistry.digest(manifest)).isEqualTo(result.digest());
        assertThat(registry.types.get("team/isobar/1"))
                .isEqualTo("application/vnd.docker.distribution.manifest.v2+json");
        assertThat(result.pushed()).isTrue();
        assertThat(result.tarBytes()).isNull();
        assertThat(result.settingValue()).isEqualTo(registry.host() + "/team/isobar@" + result.digest());
        JsonNode json = new ObjectMapper().readTree(manifest);
        assertThat(json.path("layers")).hasSize(4);
    }

    @Test
    @DisplayName("costs one layer and its description when only Isobar's code changed")
    void small_push() throws IOException {
        push("team/isobar:1", Map.of());
        assertThat(registry.pushedBlobs).hasSize(5);
        registry.pushedBlobs.clear();
        plans.jar("server/isobar-server-1.jar", "changed");
        push("team/isobar:2", Map.of());
        assertThat(registry.pushedBlobs).hasSize(2);
    }

    @Test
    @DisplayName("can be the base of another, by tag or digest")
    void pull() throws IOException {
        ImageResult first = push("base/java:17", Map.of());
        Path tar = folder.resolve("a.tar");
        for (String base : new String[] {registry.host() + "/base/java:17", first.settingValue()}) {
            make(plans.server(tar.toString(), base), Map.of());
            assertThat(Archive.read(tar).layers()).hasSize(7);
            assertThat(Archive.read(tar)
                            .config()
                            .at("/config/Labels/org.opencontainers.image.base.name")
                            .asText())
                    .isEqualTo(base);
        }
    }

    @Test
    @DisplayName("is pushed with the credentials of the environment, or else of Docker's configuration")
    void credentials() throws IOException {
        registry.credentials = "AWS:token";
        assertThat(push("a/b:1", LOGIN).pushed()).isTrue();
        String auth = Base64.getEncoder().encodeToString("AWS:token".getBytes(StandardCharsets.UTF_8));
        Path docker = Files.createDirectories(folder.resolve("docker"));
        Files.writeString(
                docker.resolve("config.json"), "{\"auths\":{\"" + registry.host() + "\":{\"auth\":\"" + auth + "\"}}}");
        assertThat(push("a/b:2", Map.of("DOCKER_CONFIG", docker.toString())).pushed())
                .isTrue();
    }

    @Test
    @DisplayName("is refused without them, with wrong ones, and with half of them")
    void unauthorized() {
        registry.credentials = "AWS:other";
        refused("a/b:1", LOGIN, ErrorCode.UNAUTHENTICATED, "does not accept our credentials", "get-login-password");
        refused("a/b:1", Map.of(), ErrorCode.UNAUTHENTICATED, "does not accept our credentials", "docker login");
        refused(
                "a/b:1",
                Map.of("ISOBAR_REGISTRY_USER", "AWS"),
                ErrorCode.INVALID_CONFIGURATION,
                "only ISOBAR_REGISTRY_USER is set",
                "Set both");
        assertThat(registry.manifests).isEmpty();
    }

    @Test
    @DisplayName("that may not be written, has no repository or no answer, is one clear error each")
    void registry_errors() throws IOException {
        registry.refusal = 403;
        refused("a/b:1", Map.of(), ErrorCode.PERMISSION_DENIED, "refuses what this identity asks", "push");
        registry.refusal = 404;
        refused("a/b:1", Map.of(), ErrorCode.NOT_FOUND, "no repository", "create-repository");
        registry.refusal = 429;
        refused("a/b:1", Map.of(), ErrorCode.THROTTLED, "slow down", "Wait");
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        assertThatExceptionOfType(IsobarException.class)
                .isThrownBy(() -> make(plans.server("127.0.0.1:" + free + "/a/b:1", plans.base.toString()), Map.of()))
                .withMessageContaining("The registry of 127.0.0.1:" + free + "/a/b:1 cannot be reached")
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
                .satisfies(e -> assertThat(e.hint()).contains("--to FILE.tar"));
    }

    @Test
    @DisplayName("on a base that does not exist, or that nobody answers for, says that it is the base")
    void base_errors() {
        String missing = registry.host() + "/no/such:1";
        assertThatExceptionOfType(IsobarException.class)
                .isThrownBy(() -> make(plans.server(registry.host() + "/a/b:1", missing), Map.of()))
                .withMessage("There is no base image " + missing)
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
        assertThatExceptionOfType(IsobarException.class)
                .isThrownBy(() ->
                        make(plans.server(folder.resolve("x.tar").toString(), "registry.invalid/java:17"), Map.of()))
                .withMessageContaining("The registry of the base image registry.invalid/java:17 cannot be reached")
                .satisfies(e -> assertThat(e.hint()).contains("--base FILE.tar"));
    }

    @Test
    @DisplayName("is never sent over plain HTTP to another machine, nor on a base from one")
    void insecure() throws Exception {
        ImageReference here = ImageReference.parse("127.0.0.1:5000/a");
        ImageReference name = ImageReference.parse("localhost:5000/a");
        ImageReference there = ImageReference.parse("10.0.0.1:5000/a");
        ImageReference hub = ImageReference.parse("eclipse-temurin:17-jre");
        ImageReference lookalike = ImageReference.parse("127.0.0.1.example.com/a");
        assertThat(Registries.mayBeInsecure(null, here)).isTrue();
        assertThat(Registries.mayBeInsecure(name, here)).isTrue();
        assertThat(Registries.mayBeInsecure(null, there)).isFalse();
        assertThat(Registries.mayBeInsecure(hub, here)).isFalse();
        assertThat(Registries.mayBeInsecure(null, lookalike)).isFalse();
        assertThat(Registries.mayBeInsecure(there, null)).isFalse();
    }

    private ImageResult push(String name, Map<String, String> environment) {
        return make(plans.server(registry.host() + "/" + name, plans.base.toString()), environment);
    }

    private void refused(String name, Map<String, String> environment, ErrorCode code, String says, String hint) {
        assertThatExceptionOfType(IsobarException.class)
                .isThrownBy(() -> push(name, environment))
                .withMessageContaining(says)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code))
                .satisfies(e -> assertThat(e.hint()).contains(hint))
                .satisfies(e -> assertThat(e.resource()).isIn(registry.host() + "/" + name, null));
    }

    private static ImageResult make(ImagePlan plan, Map<String, String> environment) {
        return new ImageBuild(plan, environment, line -> {}).make();
    }
}
