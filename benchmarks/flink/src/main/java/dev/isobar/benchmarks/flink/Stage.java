package dev.isobar.benchmarks.flink;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Workload;
import org.jspecify.annotations.Nullable;

/** What the operators of the running job reach for: Flink makes copies of them, so they cannot hold it. One job at a time. */
final class Stage {
    private static volatile @Nullable Stage present;

    final Workload workload;
    final Answers answers;
    final PassClock clock;

    private Stage(Workload workload, Answers answers, PassClock clock) {
        this.workload = workload;
        this.answers = answers;
        this.clock = clock;
    }

    static void set(Workload workload, Answers answers, PassClock clock) {
        present = new Stage(workload, answers, clock);
    }

    static Stage get() {
        Stage stage = present;
        if (stage == null) {
            throw new IllegalStateException("no job is running");
        }
        return stage;
    }
}
