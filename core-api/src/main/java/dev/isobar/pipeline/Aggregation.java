package dev.isobar.pipeline;

import dev.isobar.event.FieldType;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An aggregation that still needs its window. Immutable.
 *
 * @since 0.1
 */
public final class Aggregation {
    private final AggregateFn fn;
    private final String stream;
    private final @Nullable ExprSpec argument;
    private final boolean includingCurrent;

    Aggregation(AggregateFn fn, String stream, @Nullable ExprSpec argument, boolean includingCurrent) {
        this.fn = fn;
        this.stream = stream;
        this.argument = argument;
        this.includingCurrent = includingCurrent;
    }

    /** The triggering event takes part too; otherwise a window ends just before it. */
    public Aggregation includingCurrent() {
        return new Aggregation(fn, stream, argument, true);
    }

    /** Over the events with {@code t − length ≤ event_time < t} that are known. */
    public Windowed over(Duration length) {
        return new Windowed(this, length);
    }

    /** Over several windows: one feature each, named by its length. */
    public WindowSet over(Duration first, Duration second, Duration... more) {
        List<Windowed> all = new ArrayList<>(List.of(over(first), over(second)));
        for (Duration d : more) {
            all.add(over(d));
        }
        return new WindowSet(List.copyOf(all));
    }

    /** An aggregation over one window: a number, to be used in expressions or as a feature. */
    public static final class Windowed implements NumberExpr<Double> {
        private final Aggregation aggregation;
        private final Duration length;

        Windowed(Aggregation aggregation, Duration length) {
            this.aggregation = aggregation;
            this.length = length;
        }

        @Override
        public ExprSpec spec() {
            return new ExprSpec.Aggregate(
                    aggregation.fn,
                    aggregation.stream,
                    aggregation.argument,
                    Dsl.micros(length),
                    aggregation.includingCurrent);
        }

        @Override
        public FieldType type() {
            return FieldType.FLOAT64;
        }

        /** {@code 90s}, {@code 30m}, {@code 24h}, {@code 7d}: the largest unit that divides it, days from two on. */
        String suffix() {
            long micros = Dsl.micros(length);
            if (micros % 86_400_000_000L == 0 && micros >= 2 * 86_400_000_000L) {
                return micros / 86_400_000_000L + "d";
            }
            if (micros % 3_600_000_000L == 0) {
                return micros / 3_600_000_000L + "h";
            }
            if (micros % 60_000_000L == 0) {
                return micros / 60_000_000L + "m";
            }
            return micros % 1_000_000L == 0 ? micros / 1_000_000L + "s" : micros + "us";
        }
    }

    /**
     * One aggregation over several windows.
     *
     * @param windows in the order given
     */
    public record WindowSet(List<Windowed> windows) {}
}
