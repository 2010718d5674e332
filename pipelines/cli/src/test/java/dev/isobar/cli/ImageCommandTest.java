package dev.isobar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.isobar.cli.print.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What makes images is a program of the test's own here, which keeps what it was told; the real one is tested where it lives. */
@DisplayName("isobar image")
class ImageCommandTest {
    @TempDir
    Path folder;

    private TestProject project;

    @BeforeEach
    void makeProject() throws IOException {
        project = new TestProject(folder);
    }

    @Test
    @DisplayName("server: names the server's jars and what the target's adapter adds, each once")
    void server() throws IOException {
        TestProject.Ended ended = project.isobar("image", "server", "--to", "out/server.tar", "--base", "b.tar");
        assertThat(ended.exit()).as(ended.err()).isZero();
        JsonNode plan = plan();
        assertThat(plan.path("kind").asText()).isEqualTo("server");
        assertThat(plan.path("adapter").asText()).isEqualTo("local");
        assertThat(names(plan.path("class_path"))).containsExactly("isobar-server-1.jar");
        assertThat(names(plan.path("adapter_class_path"))).hasSize(4).startsWith("isobar-local-1.jar");
        assertThat(plan.path("to").asText())
                .isEqualTo(project.project.resolve("out/server.tar").toString());
        assertThat(plan.path("base").asText())
                .isEqualTo(project.project.resolve("b.tar").toString());
        assertThat(ended.err()).contains("Building");
        assertThat(ended.out()).contains("Push it, then set image.server");
    }

    @Test
    @DisplayName("trainer: names the trainer's jars and no adapter, and goes below ISOBAR_HOME by itself")
    void trainer() throws IOException {
        assertThat(project.isobar("image", "trainer").exit()).isZero();
        JsonNode plan = plan();
        assertThat(names(plan.path("class_path"))).containsExactly("isobar-trainer-1.jar");
        assertThat(plan.path("adapter_class_path")).isEmpty();
        assertThat(plan.path("adapter").isNull()).isTrue();
        assertThat(plan.path("stager").isNull()).isTrue();
        assertThat(plan.path("to").asText())
                .isEqualTo(project.home.resolve("images/isobar-trainer.tar").toString());
        assertThat(plan.path("base").isNull()).isTrue();
    }

    @Test
    @DisplayName(
            "trainer: for a target whose adapter has a stager, names it with all the adapter's jars beside the trainer's own")
    void staged() throws IOException {
        Path target = Files.createDirectories(project.project.resolve("adapters-moon/target/lib"))
                .getParent();
        TestJars.stager(target.resolve("isobar-moon-1.jar"), "moon.StagerMain");
        Files.writeString(target.resolve("lib/slf4j-api-2.jar"), "");
        TestProject.Ended ended = project.isobar("image", "trainer", "--target", "moon");
        assertThat(ended.exit()).as(ended.err()).isZero();
        JsonNode plan = plan();
        assertThat(names(plan.path("class_path"))).containsExactly("isobar-trainer-1.jar");
        assertThat(plan.path("adapter_class_path")).isEmpty();
        assertThat(plan.at("/stager/main_class").asText()).isEqualTo("moon.StagerMain");
        assertThat(names(plan.at("/stager/class_path"))).containsExactly("isobar-moon-1.jar", "slf4j-api-2.jar");
        assertThat(plan.path("adapter").asText()).isEqualTo("moon");
        assertThat(plan.path("to").asText())
                .isEqualTo(
                        project.home.resolve("images/isobar-trainer-moon.tar").toString());
        // its server has the adapter in it and no stager
        assertThat(project.isobar("image", "server", "--target", "moon").exit()).isZero();
        assertThat(plan().path("stager").isNull()).isTrue();
    }

    @Test
    @DisplayName("an image in a registry is passed on as it is, and the key to set is told")
    void registry() throws IOException {
        TestProject.Ended ended = project.isobar("image", "server", "--to", "registry.example/a:1");
        assertThat(plan().path("to").asText()).isEqualTo("registry.example/a:1");
        assertThat(ended.out()).contains("image.server: a@b");
    }

    @Test
    @DisplayName("a process that gives no answer is an error that says so")
    void dead() {
        TestProject.Ended ended = project.isobar("image", "server", "--to", "dead.tar");
        assertThat(ended.err()).contains("ended with 3 and gave no answer");
    }

    @Test
    @DisplayName("an unknown target is said before anything is made")
    void unknown_target() {
        assertThat(project.isobar("image", "trainer", "--target", "moon").err()).contains("There is no target 'moon'");
    }

    private JsonNode plan() throws IOException {
        return Json.read(Files.readString(project.home.resolve("tmp/plan.json")));
    }

    private static List<String> names(JsonNode paths) {
        return StreamSupport.stream(paths.spliterator(), false)
                .map(p -> String.valueOf(Path.of(p.asText()).getFileName()))
                .toList();
    }
}
