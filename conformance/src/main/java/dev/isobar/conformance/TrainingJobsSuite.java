package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.isobar.capability.Capability;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import dev.isobar.port.TrainingJobs;
import dev.isobar.port.TrainingJobs.JobState;
import dev.isobar.port.TrainingJobs.JobStatus;
import dev.isobar.port.TrainingJobs.TrainingJob;
import dev.isobar.port.Workload;
import dev.isobar.spi.AdapterSession;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What every service that trains promises. */
@DisplayName("Training jobs")
public abstract class TrainingJobsSuite extends PortSuite {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private AdapterSession session;

    /** For subclasses. */
    protected TrainingJobsSuite() {
        super(Port.TRAINING_JOBS);
    }

    @BeforeEach
    void openSession() {
        session = open();
    }

    private TrainingJobs jobs() {
        return session.trainingJobs();
    }

    /** The lake that its channels come from and its output goes to. */
    private ObjectStore lake() {
        return session.objectStore();
    }

    private Workload trainer(String how) {
        return tested().trainer(how);
    }

    private TrainingJob job(String name, String how, Duration timeout) {
        lake().put("in/" + name + "/in.txt", "forty-two".getBytes(StandardCharsets.UTF_8), Precondition.none());
        return new TrainingJob(
                name,
                trainer(how),
                Map.of("rounds", "200", "depth", "6"),
                Map.of("train", "in/" + name),
                "out/" + name,
                timeout,
                Map.of("run", name, "kit", "isobar"));
    }

    private JobStatus ended(String name) {
        return await().atMost(PATIENCE)
                .until(() -> jobs().describe(name).orElseThrow(), s -> s.state().terminal());
    }

    private void running(String name) {
        await().atMost(PATIENCE).until(() -> jobs().logs(name, 0, 10).size() >= 2);
    }

    private String object(String key) {
        return new String(lake().get(key).orElseThrow().content(), StandardCharsets.UTF_8);
    }

    @Nested
    @DisplayName("that succeed")
    class Succeed {
        @Test
        @DisplayName("were given their channels and hyperparameters, and leave model and output in the lake")
        void outputIsStored() {
            String name = fresh("succeed");
            jobs().submit(job(name, "succeed", PATIENCE));
            JobStatus status = ended(name);
            assertThat(status.failure()).isNull();
            assertThat(status.state()).isEqualTo(JobState.SUCCEEDED);
            assertThat(object("out/" + name + "/model/model.txt")).isEqualTo("forty-two");
            assertThat(object("out/" + name + "/output/data/hyperparameters.json"))
                    .contains("\"rounds\"")
                    .contains("\"200\"");
            assertThat(status.labels()).containsEntry("kit", "isobar");
        }

        @Test
        @DisplayName("are the same job when submitted again, and another request under their name conflicts")
        void idempotent() {
            String name = fresh("again");
            TrainingJob job = job(name, "succeed", PATIENCE);
            jobs().submit(job);
            assertThat(jobs().submit(job).name()).isEqualTo(name);
            ended(name);
            assertThat(jobs().submit(job).state()).isEqualTo(JobState.SUCCEEDED);
            assertThat(jobs().logs(name, 0, 100)).hasSize(2);
            fails(ErrorCode.CONFLICT, () -> jobs().submit(job(name, "crash", PATIENCE)));
        }

        @Test
        @DisplayName("show what they wrote, from any line on")
        void logs() {
            String name = fresh("logs");
            jobs().submit(job(name, "succeed", PATIENCE));
            ended(name);
            assertThat(jobs().logs(name, 0, 100)).containsExactly("first line", "second line");
            assertThat(jobs().logs(name, 1, 100)).containsExactly("second line");
            assertThat(jobs().logs(name, 0, 1)).containsExactly("first line");
            assertThat(jobs().logs(name, 2, 100)).isEmpty();
        }

        @Test
        @DisplayName("can be deleted, and their output stays")
        void delete() {
            String name = fresh("delete");
            jobs().submit(job(name, "succeed", PATIENCE));
            ended(name);
            jobs().delete(name);
            assertThat(jobs().describe(name)).isEmpty();
            assertThat(object("out/" + name + "/model/model.txt")).isEqualTo("forty-two");
            jobs().delete(name);
        }
    }

    @Nested
    @DisplayName("that fail")
    class Fail {
        @Test
        @DisplayName("say what the trainer left in output/failure, and store nothing")
        void failureFile() {
            String name = fresh("fail");
            jobs().submit(job(name, "fail", PATIENCE));
            JobStatus status = ended(name);
            assertThat(status.state()).isEqualTo(JobState.FAILED);
            assertThat(status.failure()).contains("the data made no sense");
            assertThat(lake().list("out/" + name, null, 10)).isEmpty();
        }

        @Test
        @DisplayName("say their last lines where the trainer left nothing")
        void lastLines() {
            String name = fresh("crash");
            jobs().submit(job(name, "crash", PATIENCE));
            JobStatus status = ended(name);
            assertThat(status.state()).isEqualTo(JobState.FAILED);
            assertThat(status.failure()).contains("7").contains("a last line before the end");
        }

        @Test
        @DisplayName("stay failed when submitted again")
        void stayFailed() {
            String name = fresh("stay");
            TrainingJob job = job(name, "crash", PATIENCE);
            jobs().submit(job);
            ended(name);
            assertThat(jobs().submit(job).state()).isEqualTo(JobState.FAILED);
        }

        @Test
        @DisplayName("end when their time is up, with the reason")
        void timeout() {
            String name = fresh("timeout");
            jobs().submit(job(name, "hang", Duration.ofSeconds(2)));
            JobStatus status = ended(name);
            assertThat(status.state()).isIn(JobState.CANCELLED, JobState.FAILED);
            assertThat(status.failure()).contains("timeout");
        }
    }

    @Nested
    @DisplayName("that are cancelled")
    class Cancelled {
        @Test
        @DisplayName("end as cancelled, where cancelling is declared; else UNSUPPORTED")
        void cancel() {
            String name = fresh("cancel");
            jobs().submit(job(name, "hang", PATIENCE));
            running(name);
            if (!capabilities().has(Capability.CANCEL_JOBS)) {
                fails(ErrorCode.UNSUPPORTED, () -> jobs().cancel(name));
                return;
            }
            fails(ErrorCode.IN_USE, () -> jobs().delete(name));
            jobs().cancel(name);
            assertThat(jobs().describe(name).orElseThrow().state()).isNotEqualTo(JobState.RUNNING);
            assertThat(ended(name).state()).isEqualTo(JobState.CANCELLED);
            jobs().cancel(name);
            assertThat(ended(name).state()).isEqualTo(JobState.CANCELLED);
        }

        @Test
        @DisplayName("after they have ended stay what they are")
        void tooLate() {
            assumeThat(capabilities().has(Capability.CANCEL_JOBS)).isTrue();
            String name = fresh("late");
            jobs().submit(job(name, "succeed", PATIENCE));
            ended(name);
            jobs().cancel(name);
            assertThat(ended(name).state()).isEqualTo(JobState.SUCCEEDED);
        }
    }

    @Test
    @DisplayName("are found by their labels")
    void labels() {
        String name = fresh("labels");
        jobs().submit(job(name, "succeed", PATIENCE));
        assertThat(jobs().list(Map.of("run", name))).extracting(JobStatus::name).containsExactly(name);
        assertThat(jobs().list(Map.of("run", name, "kit", "another"))).isEmpty();
        ended(name);
    }

    @Test
    @DisplayName("that were never submitted are not there, and a channel without data is an error")
    void unknown() {
        assertThat(jobs().describe(fresh("nobody"))).isEmpty();
        fails(ErrorCode.NOT_FOUND, () -> jobs().cancel(fresh("nobody")));
        String name = fresh("empty");
        TrainingJob job = new TrainingJob(
                name, trainer("succeed"), Map.of(), Map.of("train", "in/nothing"), "out/" + name, PATIENCE, Map.of());
        fails(ErrorCode.NOT_FOUND, () -> jobs().submit(job));
        assertThat(jobs().describe(name)).isEmpty();
    }
}
