package dev.isobar.cli.install;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Processes and their temp folders")
class ProcessesTest {
    @TempDir
    Path folder;

    @Test
    @DisplayName("a sweep removes what dead processes left and nothing else")
    void sweep() throws Exception {
        Process gone = new ProcessBuilder("/bin/sh", "-c", "exit 0").start();
        assertThat(gone.waitFor(10, TimeUnit.SECONDS)).isTrue();
        Path dead = left(Long.toString(gone.pid()));
        Path mine = left(Long.toString(ProcessHandle.current().pid()));
        Path other = left("duckdb-spill");
        new TempFolders(folder).sweep();
        assertThat(dead).doesNotExist();
        assertThat(mine.resolve("deep/native.so")).exists();
        assertThat(other.resolve("deep/native.so")).exists();
    }

    @Test
    @DisplayName("a started program keeps the id it was started with, and its temp folder is named by it")
    void own_temp_folder() throws Exception {
        Installation installation = new Installation(folder.resolve("a project"), folder.resolve("a home"));
        Path target = Files.createDirectories(installation.project().resolve("pipelines/trainer/target"));
        Files.writeString(target.resolve("isobar-trainer-1.jar"), "");
        List<String> line = new ArrayList<>(new CommandLines(installation).trainer());
        // The same line with a program at its end that tells what it sees.
        int classPath = line.indexOf("-cp");
        Path source = Files.writeString(
                folder.resolve("Tell.java"),
                "public class Tell { public static void main(String[] a) {"
                        + " System.out.print(ProcessHandle.current().pid() + \" \" + System.getProperty(\"java.io.tmpdir\")); } }");
        line.subList(classPath, line.size()).clear();
        line.add(source.toString());
        Process process = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        Path expected = installation.home().resolve("tmp").resolve(Long.toString(process.pid()));
        assertThat(told).isEqualTo(process.pid() + " " + expected);
        assertThat(expected).isDirectory();
    }

    @Test
    @DisplayName("options that only newer JDKs understand are given to those only")
    void native_access() {
        assertThat(CommandLines.nativeAccess(17)).isEmpty();
        assertThat(CommandLines.nativeAccess(25)).contains("--enable-native-access=ALL-UNNAMED");
    }

    private Path left(String name) throws IOException {
        Path made = folder.resolve("tmp").resolve(name);
        Files.createDirectories(made.resolve("deep"));
        Files.writeString(made.resolve("deep/native.so"), "x");
        return made;
    }
}
