package dev.isobar.pipeline;

import dev.isobar.spec.MonitorSpec;
import dev.isobar.spec.MonitorSpec.ActionSpec;
import dev.isobar.spec.MonitorSpec.ThresholdSpec;
import java.time.Duration;
import java.util.List;

/**
 * What is watched while a model is live. Immutable: every method returns a new value.
 *
 * @since 0.1
 */
public final class Monitor {
    private final MonitorSpec spec;

    private Monitor(MonitorSpec spec) {
        this.spec = spec;
    }

    /** Looks once in each window of this length, on the run's clock. */
    public static Monitor every(Duration window) {
        return new Monitor(new MonitorSpec(Dsl.micros(window), Double.MAX_VALUE, 0.001, false, List.of(), List.of()));
    }

    /** Compares each feature's current values with those it was trained on. */
    public Monitor drift(Dsl.PsiAbove condition) {
        return new Monitor(new MonitorSpec(
                spec.everyMicros(),
                condition.psi(),
                condition.significance(),
                spec.quality(),
                spec.performance(),
                spec.onBreach()));
    }

    /** Watches nulls and ranges. */
    public Monitor quality() {
        return new Monitor(new MonitorSpec(
                spec.everyMicros(), spec.psiAbove(), spec.significance(), true, spec.performance(), spec.onBreach()));
    }

    /** Watches how good the predictions are once their labels are known. */
    public Monitor performance(ThresholdSpec... thresholds) {
        return new Monitor(new MonitorSpec(
                spec.everyMicros(),
                spec.psiAbove(),
                spec.significance(),
                spec.quality(),
                List.of(thresholds),
                spec.onBreach()));
    }

    /** What a breach asks for. */
    public Monitor onBreach(ActionSpec... actions) {
        return new Monitor(new MonitorSpec(
                spec.everyMicros(),
                spec.psiAbove(),
                spec.significance(),
                spec.quality(),
                spec.performance(),
                List.of(actions)));
    }

    MonitorSpec declaration() {
        return spec;
    }
}
