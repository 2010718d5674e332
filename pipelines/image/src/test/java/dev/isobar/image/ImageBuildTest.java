package dev.isobar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("An image in a file")
class ImageBuildTest {
    @TempDir
    Path folder;

    private Plans plans;
    private Path tar;

    @BeforeEach
    void makePlans() throws Exception {
        plans = new Plans(folder);
        tar = folder.resolve("out/image.tar");
    }

    @Test
    @DisplayName("is an OCI archive that says how a server starts")
    void server() throws IOException {
        ImageResult result = make(plans.server(tar.toString(), plans.base.toString()));
        Archive archive = Archive.read(tar);
        assertThat(archive.json("oci-layout").path("imageLayoutVersion").asText())
                .isEqualTo("1.0.0");
        assertThat(archive.digest()).isEqualTo(result.digest());
        assertThat(archive.manifest().path("mediaType").asText())
                .isEqualTo("application/vnd.oci.image.manifest.v1+json");
        JsonNode config = archive.config();
        assertThat(config.path("architecture").asText()).isEqualTo("amd64");
        assertThat(config.path("created").asText()).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(texts(config.at("/config/Entrypoint")))
                .startsWith("java", "-XX:MaxRAMPercentage=60")
                .endsWith("dev.isobar.server.ServerMain")
                .containsSequence(
                        "-cp",
                        "/opt/isobar/lib/isobar-server-1.jar:/opt/isobar/lib/isobar-core-api-1.jar:/opt/isobar/lib/netty-4.jar"
                                + ":/opt/isobar/lib/isobar-aws-1.jar:/opt/isobar/lib/sdk-2.jar");
        assertThat(texts(config.at("/config/Cmd"))).containsExactly("serve");
        assertThat(texts(config.at("/config/Env"))).contains("ISOBAR_HOME=/tmp/isobar", "PATH=/jre/bin");
        assertThat(config.at("/config/ExposedPorts").has("8080/tcp")).isTrue();
        assertThat(config.at("/config/User").asText()).isEqualTo("65532:65532");
        JsonNode labels = config.at("/config/Labels");
        assertThat(labels.path("org.opencontainers.image.version").asText()).isEqualTo("1.2");
        assertThat(labels.path("org.opencontainers.image.title").asText()).isEqualTo("isobar/server-aws");
        assertThat(labels.path("dev.isobar.adapter").asText()).isEqualTo("aws");
        assertThat(config.toString()).as("no path of this machine").doesNotContain(folder.toString());
    }

    @Test
    @DisplayName("holds each jar once, Isobar's own in the topmost layer, and no time of a build")
    void layers() throws IOException {
        ImageResult result = make(plans.server(tar.toString(), plans.base.toString()));
        List<List<TarArchiveEntry>> layers = Archive.read(tar).layers();
        assertThat(layers.stream().map(ImageBuildTest::files))
                .containsExactly(
                        List.of("/etc/os-release"),
                        List.of("/opt/isobar/lib/netty-4.jar"),
                        List.of("/opt/isobar/lib/sdk-2.jar"),
                        List.of(
                                "/opt/isobar/lib/isobar-aws-1.jar",
                                "/opt/isobar/lib/isobar-core-api-1.jar",
                                "/opt/isobar/lib/isobar-server-1.jar"));
        assertThat(result.layers().stream().map(ImageResult.Layer::name))
                .containsExactly("libraries", "adapter libraries", "isobar");
        Set<Date> times = Set.of(Date.from(Instant.EPOCH), Date.from(Instant.ofEpochSecond(1)));
        assertThat(layers.stream().flatMap(List::stream))
                .allSatisfy(e -> assertThat(e.getLastModifiedDate()).isIn(times))
                .allSatisfy(e -> assertThat(e.getLongUserId()).isZero())
                .allSatisfy(e -> assertThat(e.getMode() & 0777).isEqualTo(e.isDirectory() ? 0755 : 0644));
    }

    @Test
    @DisplayName("has the same bytes when the same jars, of any age, are built again elsewhere")
    void reproducible() throws IOException {
        Path other = folder.resolve("other/again.tar");
        Plans.age(plans.server, "2020-05-05T05:05:05Z");
        make(plans.server(tar.toString(), plans.base.toString()));
        Plans.age(plans.server, "2024-02-29T23:59:59Z");
        make(plans.server(other.toString(), plans.base.toString()));
        assertThat(other).hasSameBinaryContentAs(tar);
        String before = Archive.read(tar).digest();
        plans.jar("server/isobar-server-1.jar", "changed");
        make(plans.server(other.toString(), plans.base.toString()));
        Archive changed = Archive.read(other);
        assertThat(changed.digest()).isNotEqualTo(before);
        Archive first = Archive.read(tar);
        for (int i = 0; i < 3; i++) {
            assertThat(changed.manifest().at("/layers/" + i))
                    .as("a change of Isobar's code leaves the lower layers alone")
                    .isEqualTo(first.manifest().at("/layers/" + i));
        }
        assertThat(changed.manifest().at("/layers/3"))
                .isNotEqualTo(first.manifest().at("/layers/3"));
    }

    @Test
    @DisplayName(
            "of a trainer has no adapter and no port, runs as root, because SageMaker gives /opt/ml to root, and brings libgomp")
    void trainer() throws IOException {
        byte[] elf = new byte[64];
        elf[0] = 0x7f;
        elf[1] = 'E';
        elf[2] = 'L';
        elf[3] = 'F';
        elf[18] = 62;
        Path real = Files.write(folder.resolve("libgomp.so.1.0.0"), elf);
        Path link = Files.createSymbolicLink(folder.resolve("libgomp.so.1"), real.getFileName());
        ImageResult result = make(plans.trainer(tar.toString(), link.toString()));
        Archive archive = Archive.read(tar);
        JsonNode config = archive.config().path("config");
        assertThat(texts(config.path("Entrypoint")))
                .endsWith("dev.isobar.trainer.TrainerMain")
                .contains("/opt/isobar/lib/isobar-trainer-1.jar:/opt/isobar/lib/xgboost-3.jar");
        assertThat(texts(config.path("Cmd"))).containsExactly("train");
        assertThat(config.path("User").asText()).isEqualTo("0:0");
        assertThat(config.path("ExposedPorts")).isEmpty();
        assertThat(config.path("Labels").has("dev.isobar.adapter")).isFalse();
        assertThat(texts(config.path("Env"))).contains("LD_LIBRARY_PATH=/opt/isobar/native");
        TarArchiveEntry library = archive.layers().get(1).stream()
                .filter(e -> !e.isDirectory())
                .findFirst()
                .orElseThrow();
        assertThat(library.getName()).isEqualTo("opt/isobar/native/libgomp.so.1");
        assertThat(library.isSymbolicLink()).isFalse();
        assertThat(library.getSize()).isEqualTo(64);
        assertThat(result.setting()).isEqualTo("image.trainer");
        assertThat(result.settingValue()).isNull();
    }

    @Test
    @DisplayName(
            "of a trainer that is staged starts the stager, whose arguments are the trainer's command, and mixes no jars")
    void staged() throws IOException {
        ImageResult result = make(plans.staged(tar.toString()));
        Archive archive = Archive.read(tar);
        JsonNode config = archive.config().path("config");
        assertThat(texts(config.path("Entrypoint")))
                .containsExactly(
                        "java",
                        "-Xmx256m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:-UsePerfData",
                        "-cp",
                        "/opt/isobar/stager/isobar-gcp-1.jar:/opt/isobar/stager/storage-2.jar:/opt/isobar/stager/xgboost-3.jar",
                        "dev.isobar.gcp.Stager",
                        "java",
                        "-XX:MaxRAMPercentage=50",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:-UsePerfData",
                        "-cp",
                        "/opt/isobar/lib/isobar-trainer-1.jar:/opt/isobar/lib/xgboost-3.jar",
                        "dev.isobar.trainer.TrainerMain");
        assertThat(texts(config.path("Cmd"))).containsExactly("train");
        assertThat(config.path("User").asText()).isEqualTo("0:0");
        assertThat(config.at("/Labels/dev.isobar.adapter").asText()).isEqualTo("gcp");
        assertThat(config.toString()).as("no path of this machine").doesNotContain(folder.toString());
        assertThat(archive.layers().stream().map(ImageBuildTest::files))
                .containsExactly(
                        List.of("/etc/os-release"),
                        List.of("/opt/isobar/lib/xgboost-3.jar"),
                        List.of("/opt/isobar/stager/storage-2.jar", "/opt/isobar/stager/xgboost-3.jar"),
                        List.of("/opt/isobar/lib/isobar-trainer-1.jar", "/opt/isobar/stager/isobar-gcp-1.jar"));
        assertThat(archive.layers().get(2).stream().filter(e -> e.getName().endsWith("xgboost-3.jar")))
                .as("the adapter's own")
                .allMatch(e -> e.getSize() == "another".length());
        assertThat(result.image()).isEqualTo("isobar/trainer-gcp:1.2");
        assertThat(result.adapter()).isEqualTo("gcp");
        assertThat(result.setting()).isEqualTo("image.trainer");
    }

    @Test
    @DisplayName("of a trainer that is staged is reproducible, and shares the trainer's layers with one that is not")
    void staged_again() throws IOException {
        make(plans.staged(tar.toString()));
        Path other = folder.resolve("other/again.tar");
        Plans.age(plans.stager.classPath(), "2024-02-29T23:59:59Z");
        make(plans.staged(other.toString()));
        assertThat(other).hasSameBinaryContentAs(tar);
        make(plans.trainer(other.toString(), "base"));
        assertThat(Archive.read(other).manifest().at("/layers/1"))
                .isEqualTo(Archive.read(tar).manifest().at("/layers/1"));
        Archive before = Archive.read(tar);
        plans.jar("gcp/isobar-gcp-1.jar", "changed");
        make(plans.staged(tar.toString()));
        Archive changed = Archive.read(tar);
        assertThat(changed.manifest().at("/layers/2"))
                .isEqualTo(before.manifest().at("/layers/2"));
        assertThat(changed.manifest().at("/layers/3"))
                .isNotEqualTo(before.manifest().at("/layers/3"));
        Files.delete(plans.stager.classPath().get(1));
        refused(plans.staged(tar.toString()), ErrorCode.NOT_FOUND, "storage-2.jar");
    }

    @Test
    @DisplayName("leaves libgomp out when the base image has it, and refuses what is none")
    void libgomp() throws IOException {
        make(plans.trainer(tar.toString(), "base"));
        assertThat(Archive.read(tar).layers()).hasSize(3);
        refused(plans.trainer(tar.toString(), plans.base.toString()), ErrorCode.INVALID_ARGUMENT, "no library");
        assertThatExceptionOfType(IsobarException.class)
                .isThrownBy(() -> Libgomp.of(plans.trainer("x.tar", null), List.of(folder.resolve("none"))))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
                .satisfies(e -> assertThat(e.hint()).contains("apt-get install libgomp1"));
    }

    @Test
    @DisplayName("of the other format is what docker load reads, and can be a base itself")
    void docker() throws IOException {
        ImagePlan oci = plans.server(tar.toString(), plans.base.toString());
        ImagePlan plan = new ImagePlan(
                oci.kind(),
                oci.classPath(),
                oci.adapterClassPath(),
                oci.stager(),
                oci.adapter(),
                "1.2",
                oci.base(),
                oci.to(),
                ImagePlan.Format.docker,
                "1000",
                null,
                oci.cache(),
                false);
        make(plan);
        JsonNode manifest = Archive.read(tar).json("manifest.json").get(0);
        assertThat(texts(manifest.path("RepoTags"))).containsExactly("isobar/server-aws:1.2");
        Path second = folder.resolve("second.tar");
        make(plans.server(second.toString(), tar.toString()));
        assertThat(Archive.read(second).layers()).hasSize(7);
    }

    @Test
    @DisplayName("that cannot be made is one clear error, and no part of a file is left")
    void errors() throws IOException {
        String base = plans.base.toString();
        refused(
                plans.server(tar.toString(), folder.resolve("none.tar").toString()),
                ErrorCode.INVALID_ARGUMENT,
                "does not exist");
        Path text = Files.writeString(folder.resolve("text.tar"), "no archive at all");
        refused(plans.server(tar.toString(), text.toString()), ErrorCode.CORRUPT, "docker save");
        make(plans.server(tar.toString(), base));
        refused(plans.server(folder.resolve("x.tar").toString(), tar.toString()), ErrorCode.CORRUPT, "docker save");
        refused(plans.server("Registry/UPPER:x", base), ErrorCode.INVALID_ARGUMENT, "neither");
        refused(
                plans.server(Files.createDirectory(folder.resolve("dir.tar")).toString(), base),
                ErrorCode.INVALID_ARGUMENT,
                "folder");
        refused(
                plans.plan(
                        ImagePlan.Kind.server, plans.server, plans.adapter, "aws", base, tar.toString(), "root", null),
                ErrorCode.INVALID_ARGUMENT,
                "number");
        Path notAFolder = Files.writeString(folder.resolve("file"), "");
        refused(plans.server(notAFolder.resolve("x.tar").toString(), base), ErrorCode.UNAVAILABLE, "making the image");
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(f -> f.toString().endsWith(".part"))).isEmpty();
        }
    }

    @Test
    @DisplayName("a full disk and a refused access are said as such")
    void disk() {
        ImagePlan plan = plans.server(tar.toString(), plans.base.toString());
        BuildErrors errors = new BuildErrors(plan, null, null);
        Exception full = new java.util.concurrent.ExecutionException(new IOException("No space left on device"));
        assertThat(errors.translate(full).code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        Exception refused = new java.nio.file.AccessDeniedException(tar.toString());
        assertThat(errors.translate(refused).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(errors.translate(refused).getMessage()).contains(tar.toString());
        for (Exception e : List.of(full, refused, new IOException("stale file handle"))) {
            assertThat(errors.translate(e).hint()).isNotBlank();
            assertThat(errors.translate(e).resource()).isEqualTo(tar.toString());
        }
    }

    @Test
    @DisplayName("the process reads a plan and answers with one document, whatever happens")
    void process() throws IOException {
        ObjectMapper json = new ObjectMapper();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<String> broken = List.of("{", "{\"to\": 1}", "");
        for (String plan : broken) {
            out.reset();
            assertThat(run(plan, out)).isEqualTo(1);
            assertThat(json.readTree(out.toByteArray()).at("/error/code").asText())
                    .isEqualTo("INTERNAL");
        }
        Map<String, Object> plan = new java.util.LinkedHashMap<>();
        plan.put("kind", "server");
        plan.put("class_path", plans.server.stream().map(Path::toString).toList());
        plan.put(
                "adapter_class_path", plans.adapter.stream().map(Path::toString).toList());
        plan.put("adapter", "aws");
        plan.put("version", "1.2");
        plan.put("base", plans.base.toString());
        plan.put("to", tar.toString());
        plan.put("format", null);
        plan.put("user", null);
        plan.put("libgomp", null);
        plan.put("cache", folder.resolve("cache").toString());
        plan.put("verbose", false);
        out.reset();
        assertThat(run(json.writeValueAsString(plan), out)).isZero();
        JsonNode made = json.readTree(out.toByteArray());
        assertThat(made.path("digest").asText()).isEqualTo(Archive.read(tar).digest());
        assertThat(made.path("tar_bytes").asLong()).isEqualTo(Files.size(tar));
        assertThat(made.path("setting").asText()).isEqualTo("image.server");
        plan.put(
                "stager",
                Map.of(
                        "main_class",
                        "a.Stager",
                        "class_path",
                        List.of(plans.adapter.get(0).toString())));
        out.reset();
        assertThat(run(json.writeValueAsString(plan), out))
                .as("nothing stages a server")
                .isEqualTo(1);
        assertThat(json.readTree(out.toByteArray()).at("/error/message").asText())
                .contains("stager");
        plan.put("kind", "trainer");
        plan.put("adapter_class_path", List.of());
        plan.put("libgomp", "base");
        out.reset();
        assertThat(run(json.writeValueAsString(plan), out)).isZero();
        assertThat(texts(Archive.read(tar).config().at("/config/Entrypoint")))
                .containsSequence("/opt/isobar/stager/isobar-aws-1.jar", "a.Stager", "java");
        plan.put("to", "A/B");
        out.reset();
        assertThat(run(json.writeValueAsString(plan), out)).isEqualTo(1);
        assertThat(json.readTree(out.toByteArray()).at("/error/hint").asText()).contains("small letters");
    }

    private static int run(String plan, ByteArrayOutputStream out) {
        return ImageMain.run(
                new ByteArrayInputStream(plan.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                Map.of());
    }

    private static ImageResult make(ImagePlan plan) {
        return new ImageBuild(plan, Map.of(), line -> {}).make();
    }

    private static void refused(ImagePlan plan, ErrorCode code, String says) {
        assertThatExceptionOfType(IsobarException.class)
                .isThrownBy(() -> make(plan))
                .withMessageContaining(says)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(n -> texts.add(n.asText()));
        return texts;
    }

    private static List<String> files(List<TarArchiveEntry> layer) {
        return layer.stream()
                .filter(e -> !e.isDirectory())
                .map(e -> e.getName().startsWith("/") ? e.getName() : "/" + e.getName())
                .toList();
    }
}
