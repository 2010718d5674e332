package dev.isobar.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.journal.Journal.Boundary;
import dev.isobar.runtime.journal.Journal.Boundary.Moment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The run journal")
class JournalTest {
    @TempDir
    Path folder;

    /** What an effect leaves behind. */
    record Done(String text, long number) {}

    private static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    @Test
    @DisplayName("lets an effect happen once and remembers its result, in this process and in the next")
    void once() {
        List<String> acts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (Journal journal = open(Boundary.NONE)) {
                for (int j = 0; j < 2; j++) {
                    Done done = journal.once("run", "effect", Done.class, () -> act(acts));
                    assertThat(done).isEqualTo(new Done("acted", 1));
                }
            }
        }
        assertThat(acts).hasSize(1);
    }

    @Test
    @DisplayName("keeps effects of one name in two runs apart")
    void runsApart() {
        List<String> acts = new ArrayList<>();
        try (Journal journal = open(Boundary.NONE)) {
            journal.once("a", "effect", Done.class, () -> act(acts));
            journal.once("b", "effect", Done.class, () -> act(acts));
        }
        assertThat(acts).hasSize(2);
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Moment.class)
    @DisplayName("after a death asks again for what is not known to be done, and only for that")
    void deaths(Moment moment) {
        List<String> acts = new ArrayList<>();
        Boundary deadly = (effect, at) -> {
            if (at == moment) {
                throw new Death();
            }
        };
        try (Journal journal = open(deadly)) {
            assertThatThrownBy(() -> journal.once("run", "effect", Done.class, () -> act(acts)))
                    .isInstanceOf(Death.class);
        }
        int before = moment == Moment.BEFORE_INTENT || moment == Moment.BEFORE_ACT ? 0 : 1;
        assertThat(acts).hasSize(before);
        try (Journal journal = open(Boundary.NONE)) {
            assertThat(journal.result("run", "effect", Done.class).isPresent()).isEqualTo(moment == Moment.AFTER_DONE);
            journal.once("run", "effect", Done.class, () -> act(acts));
        }
        assertThat(acts).hasSize(moment == Moment.AFTER_ACT ? 2 : 1);
    }

    @Test
    @DisplayName("writes the intent before the act, and a failed act is no done one")
    void intentFirst() {
        List<String> moments = new ArrayList<>();
        try (Journal journal = open((effect, moment) -> moments.add(moment.name()))) {
            assertThatThrownBy(() -> journal.once("run", "effect", () -> {
                        moments.add("act");
                        throw new IllegalStateException("broken");
                    }))
                    .hasMessage("broken");
            assertThat(moments).containsExactly("BEFORE_INTENT", "BEFORE_ACT", "act");
            assertThat(journal.result("run", "effect", Boolean.class)).isEmpty();
        }
    }

    @Test
    @DisplayName("moves a milestone on and finds it again")
    void milestones() {
        try (Journal journal = open(Boundary.NONE)) {
            journal.milestone("run", "served", 5L);
            journal.milestone("run", "served", 9L);
        }
        try (Journal journal = open(Boundary.NONE)) {
            assertThat(journal.result("run", "served", Long.class)).contains(9L);
        }
    }

    @Test
    @DisplayName(
            "takes up the unfinished run of the same identity, and begins a new one after the end or for another identity")
    void resumeAndFinish() {
        try (Journal journal = open(Boundary.NONE)) {
            assertThat(journal.begin("x", () -> "x1").resumed()).isFalse();
        }
        try (Journal journal = open(Boundary.NONE)) {
            Journal.Run again = journal.begin("x", () -> "x2");
            assertThat(again.id()).isEqualTo("x1");
            assertThat(again.resumed()).isTrue();
            assertThat(journal.begin("y", () -> "y1").resumed()).isFalse();
            journal.finish("x1");
            Journal.Run next = journal.begin("x", () -> "x2");
            assertThat(next.id()).isEqualTo("x2");
            assertThat(next.resumed()).isFalse();
        }
    }

    @Test
    @DisplayName("gives two runs that begin within one second different ids")
    void sameSecond() {
        try (Journal journal = open(Boundary.NONE)) {
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                String id = journal.begin("x", () -> "flights-120000").id();
                ids.add(id);
                journal.finish(id);
            }
            assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.startsWith("flights-120000"));
        }
    }

    @Test
    @DisplayName("refuses a second holder in this process, naming it, and stays held")
    void secondHolderHere() {
        try (Journal journal = open(Boundary.NONE)) {
            for (int i = 0; i < 2; i++) {
                IsobarException e = catchThrowableOfType(IsobarException.class, () -> open(Boundary.NONE));
                assertThat(e.code()).isEqualTo(ErrorCode.IN_USE);
                assertThat(e.getMessage())
                        .contains("process " + ProcessHandle.current().pid());
            }
            journal.milestone("run", "served", 1L);
            assertThat(Journal.holder(folder, "pipeline@local"))
                    .hasValue(ProcessHandle.current().pid());
        }
        assertThat(Journal.isHeld(folder, "pipeline@local")).isFalse();
        open(Boundary.NONE).close();
    }

    @Test
    @DisplayName("refuses a second process, naming the first, even after somebody here looked or tried")
    void secondProcess() throws IOException, InterruptedException {
        try (Journal journal = open(Boundary.NONE)) {
            assertThat(Journal.isHeld(folder, "pipeline@local")).isTrue();
            assertThatThrownBy(() -> open(Boundary.NONE)).isInstanceOf(IsobarException.class);
            assertThat(elsewhere())
                    .contains("IN_USE")
                    .contains("process " + ProcessHandle.current().pid());
            journal.milestone("run", "served", 1L);
        }
        assertThat(elsewhere()).contains("OPENED");
    }

    private String elsewhere() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        AnotherHolder.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out;
    }

    /** Opens the journal in a process of its own, and says what came of it. */
    static final class AnotherHolder {
        private AnotherHolder() {}

        public static void main(String[] args) {
            try (Journal journal = Journal.open(Path.of(args[0]), "pipeline@local", Boundary.NONE)) {
                System.out.println(
                        "OPENED " + journal.begin("other", () -> "other").id());
            } catch (IsobarException e) {
                System.out.println(e.code() + " " + e.getMessage());
            }
        }
    }

    private Journal open(Boundary boundary) {
        return Journal.open(folder, "pipeline@local", boundary);
    }

    private static Done act(List<String> acts) {
        acts.add("act");
        return new Done("acted", acts.size() > 1 ? 2 : 1);
    }
}
