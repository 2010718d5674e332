package dev.isobar.runtime.monitor;

import java.util.ArrayList;
import java.util.List;

/** Turns the windows of one subject, oldest first, into verdicts: k of n, cooldown, and one closing word if nothing breached. */
final class Judgement {
    /** One judged window. */
    record Window(long index, double value, double pValue, boolean fired) {}

    /** Writes the sentence for a verdict. */
    interface Wording {
        String say(Verdict.State state, Window worst, int fired, int judged, String span);
    }

    private Judgement() {}

    static List<Verdict> of(
            String subject,
            Verdict.Kind kind,
            double threshold,
            Persistence policy,
            boolean largerIsWorse,
            List<Window> judged,
            Wording wording) {
        List<Verdict> verdicts = new ArrayList<>();
        if (judged.isEmpty()) {
            return verdicts;
        }
        TimeWindows windows = policy.windows();
        long notBefore = Long.MIN_VALUE;
        for (int last = 0; last < judged.size(); last++) {
            List<Window> recent = judged.subList(Math.max(0, last + 1 - policy.n()), last + 1);
            List<Window> fired = recent.stream().filter(Window::fired).toList();
            Window newest = judged.get(last);
            long end = windows.end(newest.index());
            if (newest.fired() && fired.size() >= policy.k() && end >= notBefore) {
                verdicts.add(verdict(
                        subject,
                        kind,
                        Verdict.State.BREACH,
                        threshold,
                        windows.start(fired.get(0).index()),
                        end,
                        worst(fired, largerIsWorse),
                        fired.size(),
                        recent.size(),
                        wording));
                notBefore = end + policy.cooldownMicros();
            }
        }
        if (verdicts.isEmpty()) {
            List<Window> fired = judged.stream().filter(Window::fired).toList();
            boolean watch = !fired.isEmpty();
            List<Window> of = watch ? fired : judged;
            verdicts.add(verdict(
                    subject,
                    kind,
                    watch ? Verdict.State.WATCH : Verdict.State.OK,
                    threshold,
                    windows.start(of.get(0).index()),
                    windows.end(of.get(of.size() - 1).index()),
                    worst(of, largerIsWorse),
                    fired.size(),
                    judged.size(),
                    wording));
        }
        return verdicts;
    }

    private static Verdict verdict(
            String subject,
            Verdict.Kind kind,
            Verdict.State state,
            double threshold,
            long from,
            long to,
            Window worst,
            int fired,
            int judged,
            Wording wording) {
        return new Verdict(
                subject,
                kind,
                state,
                from,
                to,
                worst.value(),
                worst.pValue(),
                threshold,
                wording.say(state, worst, fired, judged, Sentences.span(from, to)));
    }

    private static Window worst(List<Window> windows, boolean largerIsWorse) {
        Window worst = windows.get(0);
        for (Window window : windows) {
            if (largerIsWorse ? window.value() > worst.value() : window.value() < worst.value()) {
                worst = window;
            }
        }
        return worst;
    }
}
