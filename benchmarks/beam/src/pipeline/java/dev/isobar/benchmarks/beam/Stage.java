package dev.isobar.benchmarks.beam;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Workload;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What the functions of the running pipeline reach for: Beam makes copies of them, so they cannot hold it. Thread safe; one pipeline at a time. */
final class Stage {
    private static volatile @Nullable Stage present;

    final Workload workload;
    private final Answers answers;
    private final PassClock clock;
    private final AtomicBoolean started = new AtomicBoolean();

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
            throw new IllegalStateException("no pipeline is running");
        }
        return stage;
    }

    /** Starts the clock anew with the first transaction: starting a pipeline is not what is compared. */
    void first() {
        if (!started.get() && started.compareAndSet(false, true)) {
            clock.start();
        }
    }

    synchronized void take(long id, double[] vector) {
        answers.take(id, vector);
        if (answers.count() == workload.size()) {
            clock.stop();
        }
    }
}
