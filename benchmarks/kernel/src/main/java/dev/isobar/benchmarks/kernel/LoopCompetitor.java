package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import org.jspecify.annotations.Nullable;

/** The hand-written loop with the kernel's semantics. */
final class LoopCompetitor implements Competitor {
    private @Nullable Loop loop;

    @Override
    public String name() {
        return "loop";
    }

    @Override
    public Question question() {
        return Question.ARRIVED;
    }

    @Override
    public void pass(Workload w, Answers answers, PassClock clock) {
        loop = null;
        Loop l = new Loop(w.cards());
        loop = l;
        run(l, w, answers);
    }

    static void run(Loop l, Workload w, Answers answers) {
        double[] vector = new double[Features.SIZE];
        long[] ids = w.id();
        int[] cards = w.card();
        long[] times = w.eventTime();
        long[] available = w.availableTime();
        long[] cents = w.cents();
        for (int i = 0; i < ids.length; i++) {
            l.evaluate(cards[i], times[i], available[i], vector);
            answers.take(ids[i], vector);
            l.accept(ids[i], cards[i], times[i], available[i], cents[i]);
        }
    }

    @Override
    public @Nullable Object state() {
        return loop;
    }

    @Override
    public boolean timed(Workload w, Answers answers, long[] nanos) {
        Loop l = new Loop(w.cards());
        double[] vector = new double[Features.SIZE];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            l.evaluate(w.card()[i], w.eventTime()[i], w.availableTime()[i], vector);
            answers.take(w.id()[i], vector);
            l.accept(w.id()[i], w.card()[i], w.eventTime()[i], w.availableTime()[i], w.cents()[i]);
            nanos[i] = System.nanoTime() - start;
        }
        return true;
    }
}
