package dev.isobar.local.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.isobar.local.TestHome;
import dev.isobar.local.lake.LocalObjectStore;
import dev.isobar.local.process.ProcessIdentity;
import dev.isobar.local.process.ProcessRecord;
import dev.isobar.local.process.ProcessTable;
import dev.isobar.port.TrainingJobs.JobState;
import dev.isobar.port.TrainingJobs.JobStatus;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@DisplayName("A training job on this machine")
class JobSurvivalTest {
    @RegisterExtension
    final TestHome home = new TestHome();

    private LocalTrainingJobs jobs() {
        return new LocalTrainingJobs(home.home(), () -> new LocalObjectStore(home.home()));
    }

    private JobStatus ended(String name) {
        return await().atMost(Duration.ofSeconds(30))
                .until(() -> jobs().describe(name).orElseThrow(), s -> s.state().terminal());
    }

    private void submitAndDie(String name, String script) throws Exception {
        Process command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SubmitAndDie.class.getName(),
                        home.home().root().toString(),
                        name,
                        script)
                .redirectErrorStream(true)
                .redirectOutput(new File(home.home().root().toFile(), "command.log"))
                .start();
        assertThat(command.waitFor()).isEqualTo(137);
    }

    private static String untilFile(Path gate) {
        return "while [ ! -e " + gate + " ]; do sleep 0.05; done; ";
    }

    @Test
    @DisplayName("outlives the command that submitted it, and whoever submits it again has its outcome")
    void adopted() throws Exception {
        Path gate = home.home().root().resolve("gate");
        String script = untilFile(gate) + "echo done; echo model > \"$ISOBAR_ML_DIR/model/m.txt\"";
        submitAndDie("adopted", script);
        JobStatus running = jobs().submit(SubmitAndDie.job("adopted", script));
        assertThat(running.state()).isEqualTo(JobState.RUNNING);
        assertThat(ProcessIdentity.of(running.pid())).isPresent();
        assertThat(home.session().resources())
                .filteredOn(r -> r.kind().equals("process"))
                .extracting(r -> r.pid())
                .contains(running.pid());
        Files.createFile(gate);
        assertThat(ended("adopted").state()).isEqualTo(JobState.SUCCEEDED);
        assertThat(jobs().logs("adopted", 0, 10)).containsExactly("done");
        assertThat(new LocalObjectStore(home.home())
                        .get("out/adopted/model/m.txt")
                        .orElseThrow()
                        .content())
                .isEqualTo("model\n".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    @DisplayName("that ended while nobody looked has its exit code")
    void exitCodeIsKept() throws Exception {
        submitAndDie("unwatched", "echo oh no; exit 9");
        JobStatus status = ended("unwatched");
        assertThat(status.state()).isEqualTo(JobState.FAILED);
        assertThat(status.rawState()).isEqualTo("exit 9");
        assertThat(status.failure()).contains("oh no");
    }

    @Test
    @DisplayName("that is killed with everything around it is lost, and says so")
    void lost() {
        jobs().submit(SubmitAndDie.job("lost", "echo here; exec sleep 600"));
        await().until(() -> jobs().logs("lost", 0, 1), List.of("here")::equals);
        ProcessTable table = ProcessTable.of(home.home());
        for (ProcessRecord r : table.live()) {
            // The shell first: it must not live to see what its child died of.
            table.members(r).forEach(m -> m.handle().ifPresent(ProcessHandle::destroyForcibly));
        }
        JobStatus status = ended("lost");
        assertThat(status.state()).isEqualTo(JobState.FAILED);
        assertThat(status.rawState()).isEqualTo("lost");
        assertThat(jobs().submit(SubmitAndDie.job("lost", "echo here; exec sleep 600"))
                        .rawState())
                .isEqualTo("lost");
    }

    @Test
    @DisplayName("whose trainer ignores SIGTERM is killed after a grace")
    void stubborn() {
        jobs().submit(SubmitAndDie.job("stubborn", "trap '' TERM; echo here; while :; do sleep 0.1; done"));
        await().until(() -> jobs().logs("stubborn", 0, 1), List.of("here")::equals);
        jobs().cancel("stubborn");
        assertThat(jobs().describe("stubborn").orElseThrow().state()).isEqualTo(JobState.STOPPING);
        assertThat(ended("stubborn").state()).isEqualTo(JobState.CANCELLED);
        assertThat(ProcessTable.of(home.home()).live()).isEmpty();
    }

    @Test
    @DisplayName("that was prepared and never started is pending, and submitting it again starts it once")
    void preparedOnly() throws Exception {
        jobs().submit(SubmitAndDie.job("prepared", "echo x"));
        ended("prepared");
        Path folder = home.home().jobs().resolve("prepared");
        for (String made : List.of("started", "exit", "outcome.json", "log")) {
            Files.delete(folder.resolve(made));
        }
        assertThat(jobs().describe("prepared").orElseThrow().state()).isEqualTo(JobState.PENDING);
        jobs().submit(SubmitAndDie.job("prepared", "echo x"));
        assertThat(ended("prepared").state()).isEqualTo(JobState.SUCCEEDED);
    }
}
