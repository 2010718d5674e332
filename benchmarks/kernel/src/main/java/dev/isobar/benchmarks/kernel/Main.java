package dev.isobar.benchmarks.kernel;

import dev.isobar.benchmarks.cards.CardKernel;
import dev.isobar.benchmarks.cards.CardPipeline;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Contest;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.features.FeaturePlan;
import java.util.Arrays;

/** Runs one of this module's competitors: its name, then the options of {@link Contest}. */
public final class Main {
    private Main() {}

    /** Entry point. */
    public static void main(String[] args) {
        Contest.run(competitor(args[0]), Arrays.copyOfRange(args, 1, args.length));
    }

    private static Competitor competitor(String name) {
        return switch (name) {
            case "kernel" -> new KernelCompetitor(Question.ARRIVED);
            case "kernel_event_time" -> new KernelCompetitor(Question.EVENT_TIME);
            case "kernel_event_time_with_current" -> new KernelCompetitor(Question.EVENT_TIME_WITH_CURRENT);
            case "kernel_threads_2" ->
                new ThreadsCompetitor(
                        name,
                        (cards, answers) -> KernelCompetitor.arrived(
                                new CardKernel(FeaturePlan.compile(CardPipeline.spec(false))), cards, answers));
            case "loop_threads_2" ->
                new ThreadsCompetitor(
                        name, (cards, answers) -> LoopCompetitor.run(new Loop(cards.cards()), cards, answers));
            case "loop" -> new LoopCompetitor();
            case "bare_loop" -> new BareLoopCompetitor();
            default -> throw new IllegalArgumentException("no competitor '" + name + "' in this module");
        };
    }
}
