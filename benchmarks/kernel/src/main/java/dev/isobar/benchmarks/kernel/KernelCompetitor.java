package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.cards.CardKernel;
import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.EventTimeOrder;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.features.FeaturePlan;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Our kernel in one thread. */
final class KernelCompetitor implements Competitor {
    private final Question question;
    private final FeaturePlan plan;
    private @Nullable CardKernel kernel;

    KernelCompetitor(Question question) {
        this.question = question;
        this.plan = FeaturePlan.compile(CardPipeline.spec(question == Question.EVENT_TIME_WITH_CURRENT));
    }

    @Override
    public String name() {
        return question == Question.ARRIVED
                ? "kernel"
                : "kernel_" + question.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Question question() {
        return question;
    }

    @Override
    public void pass(Workload workload, Answers answers, PassClock clock) {
        kernel = null;
        CardKernel k = new CardKernel(plan);
        kernel = k;
        if (question == Question.ARRIVED) {
            arrived(k, workload, answers);
        } else {
            byEventTime(k, workload, answers);
        }
    }

    static void arrived(CardKernel kernel, Workload w, Answers answers) {
        double[] vector = new double[Features.SIZE];
        for (int i = 0; i < w.size(); i++) {
            kernel.expect(w, i);
            kernel.read(w, i);
            kernel.evaluate(w.availableTime()[i], vector);
            answers.take(w.id()[i], vector);
            kernel.accept();
            kernel.advance(w.availableTime()[i]);
        }
    }

    // A vector that is to know everything waits until nothing earlier can come: the allowed lateness.
    private static void byEventTime(CardKernel kernel, Workload w, Answers answers) {
        double[] vector = new double[Features.SIZE];
        EventTimeOrder waiting = new EventTimeOrder();
        for (int i = 0; i <= w.size(); i++) {
            long complete = Long.MAX_VALUE;
            if (i < w.size()) {
                complete = w.availableTime()[i] - Features.LATENESS;
                waiting.add(w.eventTime()[i], i);
            }
            for (int next = waiting.poll(complete); next >= 0; next = waiting.poll(complete)) {
                kernel.read(w, next);
                kernel.evaluate(w.eventTime()[next] + Features.LATENESS, vector);
                answers.take(w.id()[next], vector);
                kernel.accept();
                kernel.advance(w.eventTime()[next]);
            }
        }
    }

    @Override
    public @Nullable Object state() {
        return kernel;
    }

    @Override
    public boolean timed(Workload w, Answers answers, long[] nanos) {
        if (question != Question.ARRIVED) {
            return false;
        }
        CardKernel k = new CardKernel(plan);
        double[] vector = new double[Features.SIZE];
        for (int i = 0; i < w.size(); i++) {
            long start = System.nanoTime();
            k.read(w, i);
            k.evaluate(w.availableTime()[i], vector);
            answers.take(w.id()[i], vector);
            k.accept();
            k.advance(w.availableTime()[i]);
            nanos[i] = System.nanoTime() - start;
        }
        return true;
    }
}
