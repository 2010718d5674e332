package dev.isobar.runtime.history;

import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.Retention;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Moves recorded events through a kernel in slices of known time. A slice takes in every event with {@code from ≤ available < to} and then stands still: its
 * decisions can be evaluated in any order and in parallel, since each asks only for what was known at its own time; whoever evaluates them is done before the
 * next slice frees state. Not thread safe.
 *
 * @since 0.1
 */
public final class KnownTimeSlices implements AutoCloseable {
    /** Length of a slice, microseconds. */
    public static final long SLICE = 6 * 3_600_000_000L;

    private static final long DAY = 24 * 3_600_000_000L;

    private final FeaturePlan plan;
    private final FeatureKernel kernel;
    private final Map<String, Feed> feeds = new LinkedHashMap<>();
    private final @Nullable String labels;

    /**
     * A slice that was taken in.
     *
     * @param decisions events of the decision stream, by available time
     * @param labels events of the label stream, by available time
     * @param events how many events came in
     */
    public record Slice(long from, long to, List<Recorded> decisions, List<Recorded> labels, long events) {}

    /** Opens a feed for each stream of the pipeline that matters. */
    public KnownTimeSlices(PipelineSpec spec, FeaturePlan plan, FeatureKernel kernel, Function<StreamSpec, Feed> open) {
        this.plan = plan;
        this.kernel = kernel;
        TrainingSpec training = spec.training();
        this.labels = training == null ? null : training.labelStream();
        for (StreamSpec s : spec.streams()) {
            if (s.name().equals(plan.decisions()) || s.name().equals(labels) || plan.statesOf(s.name()).length > 0) {
                feeds.put(s.name(), open.apply(s));
            }
        }
    }

    /** What a kernel must keep beyond its longest window: a slice, the decisions' lateness, and a day for questions about the recent past. */
    public static Retention retention(PipelineSpec spec) {
        return Retention.ofMicros(SLICE + DAY + spec.stream(spec.decisions()).allowedLatenessMicros());
    }

    /** The feeds by stream. */
    public Map<String, Feed> feeds() {
        return feeds;
    }

    /** When the next event becomes available; {@code Long.MAX_VALUE} at the end. */
    public long nextAvailable() {
        long next = Long.MAX_VALUE;
        for (Feed f : feeds.values()) {
            Recorded r = f.peek();
            if (r != null) {
                next = Math.min(next, r.availableTime());
            }
        }
        return next;
    }

    /**
     * Takes in the next slice that has an event, on a grid of {@link #SLICE}; null when there is none before {@code until}. The frontier of every stream then
     * is the slice's end.
     */
    public @Nullable Slice next(long until) {
        long first = nextAvailable();
        if (first >= until) {
            return null;
        }
        long from = Math.floorDiv(first, SLICE) * SLICE;
        return take(from, Math.min(from + SLICE, until));
    }

    /** Promises that nothing available before this will come any more. */
    public void advance(long frontier) {
        for (int s = 0; s < plan.streams().size(); s++) {
            kernel.advance(s, frontier);
        }
    }

    @Override
    public void close() {
        feeds.values().forEach(Feed::close);
    }

    private Slice take(long from, long to) {
        List<Recorded> decisions = new ArrayList<>();
        List<Recorded> known = new ArrayList<>();
        long events = 0;
        for (Map.Entry<String, Feed> e : feeds.entrySet()) {
            int[] states = plan.statesOf(e.getKey());
            boolean decides = e.getKey().equals(plan.decisions());
            boolean labelled = e.getKey().equals(labels);
            Feed feed = e.getValue();
            for (Recorded r = feed.peek(); r != null && r.availableTime() < to; r = feed.peek()) {
                events++;
                // What was late was set aside at ingest; a redelivery after a restart is a duplicate to the kernel, and
                // to
                // the prediction log by the prediction's id.
                for (int state : states) {
                    String key = plan.key(state, r.row());
                    if (key != null) {
                        kernel.accept(state, r.id(), key, r.eventTime(), r.availableTime(), r.row());
                    }
                }
                if (decides) {
                    decisions.add(r);
                }
                if (labelled) {
                    known.add(r);
                }
                feed.take();
            }
        }
        advance(to);
        return new Slice(from, to, decisions, known, events);
    }
}
