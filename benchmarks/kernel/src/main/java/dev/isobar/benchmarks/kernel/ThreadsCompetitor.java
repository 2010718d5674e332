package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Two kernels or two loops in two threads, each with the cards that hash to it, as two partitions of a log have them. */
final class ThreadsCompetitor implements Competitor {
    private static final int THREADS = 2;

    /** What a thread does with its cards. */
    interface Part {
        void run(Workload workload, Answers answers);
    }

    private final String name;
    private final Part part;
    private @Nullable Workload whole;
    private List<Workload> parts = List.of();

    ThreadsCompetitor(String name, Part part) {
        this.name = name;
        this.part = part;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Question question() {
        return Question.ARRIVED;
    }

    /** The thread of a card. */
    static int partition(int card) {
        return (int) ((card * 0x9e3779b97f4a7c15L) >>> 63);
    }

    @Override
    public void pass(Workload workload, Answers answers, PassClock clock)
            throws InterruptedException, ExecutionException {
        if (!workload.equals(whole)) {
            whole = workload;
            List<Workload> split = new ArrayList<>();
            for (int p = 0; p < THREADS; p++) {
                int wanted = p;
                split.add(workload.only(card -> partition(card) == wanted));
            }
            parts = split;
        }
        clock.start();
        List<Answers> each = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (Workload cards : parts) {
                Answers own = answers.fork();
                each.add(own);
                ends.add(threads.submit(() -> part.run(cards, own)));
            }
            for (Future<?> end : ends) {
                end.get();
            }
        } finally {
            threads.shutdownNow();
        }
        clock.stop();
        each.forEach(answers::merge);
    }

    @Override
    public String note() {
        Workload all = whole;
        if (all == null) {
            return "";
        }
        long largest = parts.stream().mapToInt(Workload::size).max().orElse(0);
        return String.format("%.1f %% of the transactions in the larger partition", 100.0 * largest / all.size());
    }
}
