package dev.isobar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script at the root, in a checkout that holds nothing else, with programs of a test's own in place of Java and Maven. */
@DisplayName("./isobar")
class StartScriptTest {
    @TempDir
    Path folder;

    private Path project;
    private Path home;
    private Path bin;

    @BeforeEach
    void makeCheckout() throws IOException {
        project = Files.createDirectories(folder.resolve("a checkout"));
        home = folder.resolve("a home");
        bin = Files.createDirectories(folder.resolve("bin"));
        Files.copy(TestJars.root().resolve("isobar"), project.resolve("isobar"));
        assertThat(project.resolve("isobar").toFile().setExecutable(true)).isTrue();
        jdk("21.0.1");
        // Maven makes what the script waits for, and counts how often it was asked.
        program(
                bin.resolve("mvn"),
                "echo built \"$@\" >> '" + folder + "/built'; echo '[INFO] Building'; sleep ${BUILD_SECONDS:-0};"
                        + " test -z \"$BUILD_FAILS\" || { echo '[ERROR] no such symbol'; exit 1; };"
                        + " mkdir -p pipelines/cli/target && : > pipelines/cli/target/isobar-cli-1.jar");
    }

    @Test
    @DisplayName("builds once, then starts Java with its own id as temp folder, from any folder and through a link")
    void builds_once() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("bin/isobar-link"), Path.of("../a checkout/isobar"));
        Ended first = run(link, Map.of(), "status");
        assertThat(first.exit()).isZero();
        assertThat(first.err()).contains("Building Isobar for target local");
        assertThat(first.out())
                .contains("-jar " + project.toRealPath() + "/pipelines/cli/target/isobar-cli-1.jar status");
        assertThat(first.out()).containsPattern("-Djava.io.tmpdir=\\Q" + home + "\\E/tmp/[0-9]+ ");
        Ended second = run(project.resolve("isobar"), Map.of(), "status");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    @DisplayName("builds what makes images only when an image is wanted")
    void builds_image() throws Exception {
        run(project.resolve("isobar"), Map.of(), "status");
        assertThat(folder.resolve("built")).content().doesNotContain("pipelines/image");
        run(project.resolve("isobar"), Map.of(), "image", "server", "--target", "aws");
        assertThat(folder.resolve("built")).content().contains("adapters-local/emulators-aws,pipelines/image");
        run(project.resolve("isobar"), Map.of(), "image", "trainer", "--target", "aws");
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    @DisplayName("builds again when a source is newer or was removed, and not for a test or a result")
    void builds_again() throws Exception {
        Path source = project.resolve("core-api/src/main/java/A.java");
        Files.createDirectories(source.getParent());
        Files.createDirectories(project.resolve("core-api/src/test/java"));
        Files.writeString(source, "class A {}");
        run(project.resolve("isobar"), Map.of(), "status");
        Path stamp = project.resolve("pipelines/cli/target/isobar-build-local");
        List<Path> all = List.of(source, source.getParent(), project.resolve("core-api/src/main"));
        for (Path p : all) {
            age(p, stamp, -10);
        }
        Files.writeString(project.resolve("core-api/src/test/java/ATest.java"), "class ATest {}");
        age(project.resolve("core-api/src/test/java/ATest.java"), stamp, 10);
        run(project.resolve("isobar"), Map.of(), "status");
        assertThat(builds()).isEqualTo(1);
        age(source, stamp, 10);
        age(stamp, stamp, 0);
        run(project.resolve("isobar"), Map.of(), "status");
        assertThat(builds()).isEqualTo(2);
        age(source, stamp, -10);
        Files.delete(source);
        age(source.getParent(), stamp, 10);
        run(project.resolve("isobar"), Map.of(), "status");
        assertThat(builds()).isEqualTo(3);
    }

    @Test
    @DisplayName("two first uses at once build once; the second says whom it waits for")
    void two_at_once() throws Exception {
        Process one = start(
                project.resolve("isobar"),
                Map.of("BUILD_SECONDS", "2"),
                folder.resolve("one.out"),
                folder.resolve("one.err"),
                "status");
        org.awaitility.Awaitility.await().until(() -> Files.exists(folder.resolve("built")));
        Ended two = run(project.resolve("isobar"), Map.of(), "status");
        assertThat(one.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(one.exitValue()).isZero();
        assertThat(two.exit()).isZero();
        assertThat(two.err()).contains("process " + one.pid()).contains("waiting for it");
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    @DisplayName("a build that fails shows the reason and the log, and is tried again the next time")
    void build_fails() throws Exception {
        Ended failed = run(project.resolve("isobar"), Map.of("BUILD_FAILS", "1"), "status");
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.err()).contains("no such symbol", home + "/build.log", "  next: ");
        assertThat(run(project.resolve("isobar"), Map.of(), "status").exit()).isZero();
    }

    @Test
    @DisplayName("an old Java, no Java compiler and no Maven are said clearly, in JSON when JSON was asked for")
    void what_is_missing() throws Exception {
        jdk("11.0.2");
        Ended old = run(project.resolve("isobar"), Map.of(), "run", "x", "--output", "json");
        assertThat(old.exit()).isEqualTo(1);
        String schema = Files.readString(TestJars.root().resolve("docs/schema/error.json"));
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(schema)
                        .validate(old.out(), InputFormat.JSON))
                .isEmpty();
        assertThat(old.out()).contains("Java 11.0.2 is too old");
        jdk("17");
        Files.delete(folder.resolve("jdk/bin/javac"));
        assertThat(run(project.resolve("isobar"), Map.of(), "run", "x").err()).contains("no compiler");
        Files.delete(bin.resolve("mvn"));
        Ended none = run(project.resolve("isobar"), Map.of("PATH", toolsWithoutMaven()), "run", "x");
        assertThat(none.err()).contains("no Maven on this machine");
    }

    @Test
    @DisplayName("removes temp folders of processes that are gone, and no others")
    void sweeps() throws Exception {
        Process gone = new ProcessBuilder("/bin/sh", "-c", "exit 0").start();
        assertThat(gone.waitFor(10, TimeUnit.SECONDS)).isTrue();
        Path dead = Files.createDirectories(home.resolve("tmp/" + gone.pid() + "/native"));
        Path alive = Files.createDirectories(
                home.resolve("tmp/" + ProcessHandle.current().pid()));
        run(project.resolve("isobar"), Map.of(), "status");
        assertThat(dead).doesNotExist();
        assertThat(alive).exists();
    }

    @Test
    @DisplayName("gives newer JDKs the options they want, and heavy commands more heap")
    void options() throws Exception {
        assertThat(run(project.resolve("isobar"), Map.of(), "--output", "json", "run", "x")
                        .out())
                .contains("-Xmx960m")
                .doesNotContain("--enable-native-access", "TieredStopAtLevel");
        jdk("25");
        assertThat(run(project.resolve("isobar"), Map.of(), "status").out())
                .contains("-Xmx256m", "--enable-native-access=ALL-UNNAMED");
    }

    /** A JDK whose java prints its arguments. */
    private void jdk(String version) throws IOException {
        Path jdk = folder.resolve("jdk");
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        program(jdk.resolve("bin/java"), "echo \"$@\"");
        program(jdk.resolve("bin/javac"), "");
    }

    private static void program(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A folder with the tools of the script and nothing else. */
    private String toolsWithoutMaven() throws IOException {
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : List.of(
                "sh",
                "dirname",
                "readlink",
                "mkdir",
                "find",
                "head",
                "sed",
                "tr",
                "date",
                "touch",
                "rm",
                "mv",
                "cat",
                "tail",
                "cut",
                "grep",
                "flock",
                "sleep",
                "stty")) {
            for (String place : new String[] {"/bin/", "/usr/bin/"}) {
                if (Files.exists(Path.of(place + tool)) && Files.notExists(tools.resolve(tool))) {
                    program(tools.resolve(tool), "exec " + place + tool + " \"$@\"");
                }
            }
        }
        return tools.toString();
    }

    private static void age(Path path, Path than, long seconds) throws IOException {
        Files.setLastModifiedTime(
                path,
                java.nio.file.attribute.FileTime.from(
                        Files.getLastModifiedTime(than).toInstant().plusSeconds(seconds)));
    }

    private long builds() throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve("built"))) {
            return lines.count();
        }
    }

    private Process start(Path script, Map<String, String> more, Path out, Path err, String... args)
            throws IOException {
        List<String> line = new ArrayList<>(List.of(script.toString()));
        line.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile());
        Map<String, String> environment = builder.environment();
        environment.put("ISOBAR_HOME", home.toString());
        environment.put("JAVA_HOME", folder.resolve("jdk").toString());
        environment.merge("PATH", bin.toString(), (old, ours) -> ours + ":" + old);
        environment.remove("ISOBAR_JAVA_OPTS");
        environment.putAll(more);
        return builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    }

    private Ended run(Path script, Map<String, String> more, String... args) throws Exception {
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        Process process = start(script, more, out, err, args);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    private record Ended(int exit, String out, String err) {}
}
