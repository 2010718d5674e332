package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.CardWindows;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import org.jspecify.annotations.Nullable;

/** Plain Java over plain objects: exact sums, but neither ids nor a second clock nor a place for late data. */
final class BareLoopCompetitor implements Competitor {
    private @Nullable CardWindows @Nullable [] cards;

    @Override
    public String name() {
        return "bare_loop";
    }

    @Override
    public Question question() {
        return Question.ARRIVED;
    }

    @Override
    public void pass(Workload w, Answers answers, PassClock clock) {
        cards = null;
        @Nullable CardWindows[] state = new @Nullable CardWindows[w.cards()];
        cards = state;
        double[] vector = new double[Features.SIZE];
        for (int i = 0; i < w.size(); i++) {
            CardWindows card = state[w.card()[i]];
            if (card == null) {
                card = new CardWindows();
                state[w.card()[i]] = card;
            }
            card.evaluate(w.eventTime()[i], vector);
            answers.take(w.id()[i], vector);
            card.add(w.eventTime()[i], w.cents()[i]);
        }
    }

    @Override
    public @Nullable Object state() {
        return cards;
    }
}
