package dev.isobar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.cli.emulate.Emulators;
import dev.isobar.port.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The emulators here are those of the fake adapter's target: a program that says that it is ready. */
@DisplayName("Emulators")
class EmulatorsTest {
    private static final String PROGRAM = """
            package fake;

            import java.nio.file.*;
            import java.util.*;

            public class Cloud {
              public static void main(String[] a) throws Exception {
                Path home = Path.of(a[1]);
                if (Files.exists(home.resolve("broken"))) {
                  System.err.println("There is no Node.js here");
                  System.exit(1);
                }
                ProcessHandle self = ProcessHandle.current();
                String ready = String.format(
                        "{'pid': %1$d, 'started': '%2$s', 'services': [{'name': 'Log', 'by': 'us', 'endpoint': 'http://127.0.0.1:1', 'pid': %1$d}],"
                            + " 'settings': {'log.fsync': 'os'}}",
                        self.pid(), self.info().startInstant().get());
                Path made = Files.writeString(home.resolve("new"), ready.replace((char) 39, (char) 34));
                Files.move(made, home.resolve("ready.json"), StandardCopyOption.ATOMIC_MOVE);
                Thread.currentThread().join();
              }
            }
            """;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path folder;

    private TestProject project;

    @BeforeEach
    void makeProject() throws IOException {
        project = new TestProject(folder);
        TestJars.program(
                Files.createDirectories(project.project.resolve("adapters-local/emulators-local/target"))
                        .resolve("isobar-emulators-local-1.jar"),
                "fake.Cloud",
                PROGRAM);
    }

    @AfterEach
    void end() {
        project.isobar("emulators", "down");
    }

    @Test
    @DisplayName("are started once, listed, and ended with their processes")
    void lifecycle() throws IOException {
        assertThat(project.isobar("emulators", "status").out()).contains("no emulators run");
        long pid = only(project.isobar("emulators", "up", "local", "--output", "json"))
                .path("pid")
                .asLong();
        assertThat(ProcessHandle.of(pid))
                .hasValueSatisfying(p -> assertThat(p.isAlive()).isTrue());
        assertThat(only(project.isobar("emulators", "up", "local", "--output", "json"))
                        .path("pid")
                        .asLong())
                .as("up again changes nothing")
                .isEqualTo(pid);
        assertThat(project.isobar("emulators", "status").out())
                .contains("http://127.0.0.1:1", "--target local", Long.toString(pid));
        assertThat(only(project.isobar("emulators", "down", "--output", "json"))
                        .path("running")
                        .asBoolean())
                .isFalse();
        assertThat(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false))
                .isFalse();
        assertThat(project.isobar("emulators", "down").exit())
                .as("down again is a success")
                .isZero();
    }

    @Test
    @DisplayName("are found by their target, unless a layer says itself where that is")
    void found() {
        project.isobar("emulators", "up");
        project.isobar("status");
        Workload server = project.runtime.programs.server();
        assertThat(server.environment().get("ISOBAR_ADAPTER_CONFIG")).contains("log.fsync");
        project.isobar("status", "--set", "targets.local.log.fsync=always");
        assertThat(project.runtime.programs.server().environment().get("ISOBAR_ADAPTER_CONFIG"))
                .contains("always")
                .doesNotContain("\"os\"");
        project.isobar("emulators", "down");
        project.isobar("status");
        assertThat(project.runtime.programs.server().environment().get("ISOBAR_ADAPTER_CONFIG"))
                .isEqualTo("{ }");
    }

    @Test
    @DisplayName("that do not start say why, and leave nothing behind")
    void broken() throws IOException {
        Path home = Files.createDirectories(project.home.resolve("emulators/local"));
        Files.writeString(home.resolve("broken"), "");
        TestProject.Ended ended = project.isobar("emulators", "up", "local");
        assertThat(ended.exit()).isEqualTo(Program.FAILED);
        assertThat(ended.err())
                .contains("There is no Node.js here", home.resolve("log").toString());
        assertThat(home.resolve("ready.json")).doesNotExist();
    }

    @Test
    @DisplayName("that were killed are not running, whoever has their pid now")
    void killed() throws IOException {
        long pid = only(project.isobar("emulators", "up", "local", "--output", "json"))
                .path("pid")
                .asLong();
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        process.destroyForcibly();
        process.onExit().join();
        assertThat(new Emulators(project.installation(), "local").running()).isEmpty();
        Path ready = project.home.resolve("emulators/local/ready.json");
        Files.writeString(
                ready,
                Files.readString(ready)
                        .replace(
                                "\"pid\": " + pid + ", \"started",
                                "\"pid\": " + ProcessHandle.current().pid() + ", \"started"));
        assertThat(new Emulators(project.installation(), "local").running()).isEmpty();
    }

    private static JsonNode only(TestProject.Ended ended) throws IOException {
        assertThat(ended.exit()).as(ended.err()).isZero();
        return JSON.readTree(ended.out()).path("emulators").get(0);
    }
}
