package dev.isobar.local.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The process table")
class ProcessTableTest {
    @TempDir
    Path folder;

    private ProcessTable table() {
        return new ProcessTable(folder.resolve("processes"));
    }

    private Launch launch(String script) {
        return new Launch(
                "trainer",
                "t",
                List.of("sh", "-c", script),
                Map.of("GREETING", "hello"),
                folder,
                folder.resolve("log"),
                Map.of("a", "b"));
    }

    private Path file(ProcessRecord record) {
        return folder.resolve("processes").resolve(record.tag() + ".json");
    }

    private static long pid(ProcessRecord record) {
        return record.process().pid();
    }

    @AfterEach
    void endAll() {
        table().stop(table().live(), Duration.ZERO);
    }

    @Test
    @DisplayName("lists what lives, with its details, and forgets it when it has ended")
    void livesAndEnds() {
        ProcessRecord started = table().start(launch("echo $GREETING; exec sleep 600"));
        assertThat(table().live()).containsExactly(started);
        assertThat(started.detail("a")).isEqualTo("b");
        await().until(() -> LogTail.last(folder.resolve("log"), 5), List.of("hello")::equals);
        table().stop(List.of(started), Duration.ofSeconds(5));
        assertThat(ProcessIdentity.of(pid(started))).isEmpty();
        assertThat(table().live()).isEmpty();
        assertThat(file(started)).doesNotExist();
    }

    @Test
    @DisplayName("finds a process whose starter was killed before it could write the pid down")
    void unrecorded() {
        ProcessRecord started = table().start(launch("exec sleep 600"));
        ProcessRecord intent = new ProcessRecord(
                started.tag(),
                started.kind(),
                started.name(),
                started.log(),
                started.details(),
                new ProcessIdentity(started.starter().pid(), "long ago"),
                0,
                null);
        AtomicFiles.replace(file(started), Json.bytes(intent));
        assertThat(table().live())
                .singleElement()
                .extracting(ProcessRecord::process)
                .isEqualTo(started.process());
    }

    @Test
    @DisplayName("drops an intent whose starter was killed before it started anything")
    void neverStarted() {
        ProcessRecord intent = new ProcessRecord(
                ProcessTable.newTag(), "trainer", "t", "log", Map.of(), new ProcessIdentity(1, "long ago"), 0, null);
        AtomicFiles.replace(file(intent), Json.bytes(intent));
        assertThat(table().live()).isEmpty();
        assertThat(file(intent)).doesNotExist();
    }

    @Test
    @DisplayName("keeps an intent as long as its starter lives")
    void stillStarting() {
        ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
        ProcessIdentity starter = ProcessIdentity.of(parent.pid()).orElseThrow();
        ProcessRecord intent =
                new ProcessRecord(ProcessTable.newTag(), "trainer", "t", "log", Map.of(), starter, 0, null);
        AtomicFiles.replace(file(intent), Json.bytes(intent));
        assertThat(table().live()).isEmpty();
        assertThat(table().find(intent.tag())).contains(intent);
        assertThat(table().undecided(r -> true)).isTrue();
        assertThat(file(intent)).exists();
    }

    @Test
    @DisplayName("does not take another process for its own when a pid is given out again")
    void pidReuse() {
        ProcessRecord started = table().start(launch("exec sleep 600"));
        ProcessRecord other = new ProcessRecord(
                ProcessTable.newTag(),
                "trainer",
                "t",
                "log",
                Map.of(),
                started.starter(),
                0,
                new ProcessIdentity(pid(started), "another boot:1"));
        AtomicFiles.replace(file(other), Json.bytes(other));
        assertThat(table().live()).containsExactly(started);
        table().kill(other);
        assertThat(started.alive()).isTrue();
    }

    @Test
    @DisplayName("still lists the child of a process that was killed, and ends it too")
    void orphan() {
        ProcessRecord started = table().start(launch("sleep 600; true"));
        await().until(() -> table().members(started).size() == 2);
        long child = table().members(started).get(1).pid();
        started.process().handle().orElseThrow().destroyForcibly();
        await().until(() -> !started.alive());
        assertThat(table().live())
                .singleElement()
                .satisfies(r -> assertThat(pid(r)).isEqualTo(child));
        table().stop(table().live(), Duration.ofSeconds(5));
        assertThat(ProcessIdentity.of(child)).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("starts a process in a session of its own, so that no signal to the command's group reaches it")
    void ownSession() throws Exception {
        ProcessRecord started = table().start(launch("exec sleep 600"));
        await().until(() -> session(pid(started)) == pid(started));
        assertThat(session(ProcessHandle.current().pid())).isNotEqualTo(pid(started));
    }

    private static long session(long pid) throws Exception {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3]);
    }

    @Test
    @DisplayName("says so when a program cannot be started at all")
    void cannotStart() {
        Launch launch = new Launch(
                "trainer", "t", List.of("sh"), Map.of(), folder.resolve("nowhere"), folder.resolve("log"), Map.of());
        assertThatThrownBy(() -> table().start(launch)).isInstanceOfSatisfying(IsobarException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.WORKLOAD_FAILED);
        });
        assertThat(table().live()).isEmpty();
    }
}
