package dev.isobar.features.twin;

import dev.isobar.spec.PipelineSpec;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A recording, the order in which it arrives, and what is asked in between. Any part of its steps is a history too, so that a failing one can be
 * made small.
 *
 * @param retention event time kept behind the frontier; {@code Long.MAX_VALUE} for all
 */
record History(long seed, PipelineSpec spec, long retention, List<Step> steps) {
    /** What happens next. */
    sealed interface Step {}

    /** A copy arrives, again perhaps. */
    record Arrive(RawEvent event, boolean decoded) implements Step {}

    /** Nothing of that stream that was not yet known before this time will come. */
    record Frontier(String stream, long micros) implements Step {}

    /** Changed keys and the partition are written to the store, with the position of the log. */
    record Checkpoint() implements Step {}

    /** The process dies: a new one starts from the store and reads the log from the checkpoint's position. */
    record Crash() implements Step {}

    /** All keys are written, read by another kernel, and that one goes on. */
    record Move() implements Step {}

    /** A vector is asked for. */
    record Ask(Map<String, Object> decision, @Nullable String id, long t, long k) implements Step {}

    History with(List<Step> fewer) {
        return new History(seed, spec, retention, fewer);
    }

    History with(PipelineSpec smaller) {
        return new History(seed, smaller, retention, steps);
    }

    @Override
    public String toString() {
        return "history " + seed + ", retention " + retention + "\n"
                + spec.streams().stream()
                        .map(s -> "  stream " + s.name() + " key " + s.key() + " lateness " + s.allowedLatenessMicros()
                                + " horizon " + s.dedupHorizonMicros())
                        .collect(Collectors.joining("\n"))
                + "\n  decisions on " + spec.decisions() + "\n"
                + spec.features().stream().map(u -> "  use " + u).collect(Collectors.joining("\n"))
                + "\n"
                + spec.views().stream()
                        .flatMap(v -> v.features().stream().map(f -> "  " + v.name() + "." + f))
                        .collect(Collectors.joining("\n"))
                + "\n"
                + steps.stream().map(s -> "  " + s).collect(Collectors.joining("\n"));
    }
}
