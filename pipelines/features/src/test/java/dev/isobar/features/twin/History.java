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

    /** Changed keys and the partition are written to the store, with the position of the log. Partitions are counted modulo how many there are. */
    record Checkpoint(int partition) implements Step {}

    /**
     * A process dies: a new one starts from a checkpoint and reads the log from its position. The last {@code torn} checkpoints were not whole, so
     * the one before them is taken.
     */
    record Crash(int partition, int torn) implements Step {}

    /** All keys are written, read by another kernel, and that one goes on. */
    record Move(int partition) implements Step {}

    /**
     * A vector is asked for.
     *
     * @param judged the twin answers too; otherwise the kernels are held against one another
     * @param served the kernel's states are written, and read as a server would
     */
    record Ask(Map<String, Object> decision, @Nullable String id, long t, long k, boolean judged, boolean served)
            implements Step {}

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
