package dev.isobar.features.window;

import dev.isobar.spec.AggregateFn;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All aggregations over one stream's events of one key, to be computed in one pass. Immutable once built; {@link Scanner} does the work.
 *
 * @since 0.1
 */
public final class WindowScan {
    /**
     * An argument that is accumulated.
     *
     * @param slot where its words are in a log; −1 for the event itself
     * @param offset where its words begin among those of the cursors: of each window, from the shortest to the longest, and of the right edge
     * @param words how many words it has at each cursor
     * @param firstDeque its first deque, that of maxima before that of minima
     * @param targets by window, where its values go
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Column(
            int slot,
            Argument argument,
            int needs,
            @Nullable ArgumentNode node,
            int offset,
            int words,
            int firstDeque,
            Targets[] targets) {
        boolean squared() {
            return (needs & Need.SQUARES) != 0;
        }

        /** Whether its values are looked at when a cursor moves: for the sums, and for doubles that do not fit. */
        boolean summed() {
            return sums() || (argument == Argument.FLOAT && (needs & (Need.MIN | Need.MAX)) != 0);
        }

        /** Whether its sums are of integers, or it has none. */
        boolean isPlain() {
            return argument != Argument.FLOAT;
        }

        /** Whether its values are summed up. */
        boolean sums() {
            return (needs & Need.SUM) != 0;
        }

        /** Which of its words at a cursor says where its extreme stood in the deque. */
        int place(long flip) {
            return words - Integer.bitCount(needs & (Need.MIN | Need.MAX)) + deque(flip) - firstDeque;
        }

        int deque(long flip) {
            return firstDeque + (flip != 0 && (needs & Need.MAX) != 0 ? 1 : 0);
        }
    }

    /**
     * Maxima of a column, or minima.
     *
     * @param flip what keys are flipped with: nothing for maxima, every bit for minima
     */
    record Extreme(Column column, long flip) {}

    final int number;
    private final int stream;
    private final boolean withCurrent;
    final long[] windows;
    final Column[] columns;
    /** Those whose values are looked at when a cursor moves. */
    final Column[] summed;
    /** What there is a deque for, in the order of the deques. */
    final Extreme[] extremes;
    /** Whether every aggregation can take back what it has added. */
    final boolean subtractable;

    final int cursorWords;

    private WindowScan(int number, int stream, boolean withCurrent, long[] windows, Column[] columns) {
        this.number = number;
        this.stream = stream;
        this.withCurrent = withCurrent;
        this.windows = windows;
        this.columns = columns;
        this.summed = Arrays.stream(columns).filter(Column::summed).toArray(Column[]::new);
        this.extremes = Arrays.stream(columns)
                .flatMap(c -> Stream.of(
                        (c.needs & Need.MAX) != 0 ? new Extreme(c, 0) : null,
                        (c.needs & Need.MIN) != 0 ? new Extreme(c, -1) : null))
                .filter(Objects::nonNull)
                .toArray(Extreme[]::new);
        this.subtractable = Arrays.stream(columns).noneMatch(c -> (c.needs & Need.DISTINCT) != 0);
        this.cursorWords = (windows.length + 1)
                * (1 + Arrays.stream(columns).mapToInt(Column::words).sum());
    }

    /** The stream's number. */
    public int stream() {
        return stream;
    }

    /** Whether the decision itself takes part. */
    public boolean withCurrent() {
        return withCurrent;
    }

    /** The longest window, microseconds. */
    public long longest() {
        return windows[windows.length - 1];
    }

    /** Where its values go, ascending. */
    public int[] targets() {
        return Arrays.stream(columns)
                .flatMap(c -> Arrays.stream(c.targets()))
                .flatMapToInt(t -> IntStream.of(
                        t.count(), t.sum(), t.mean(), t.min(), t.max(), t.deviation(), t.last(), t.distinct()))
                .filter(i -> i >= 0)
                .sorted()
                .toArray();
    }

    /** Collects aggregations. Not thread safe. */
    public static final class Builder {
        private final int stream;
        private final boolean withCurrent;
        private final Map<Integer, Draft> columns = new LinkedHashMap<>();
        private final TreeMap<Long, Map<Integer, Map<AggregateFn, Integer>>> targets = new TreeMap<>();

        private static final class Draft {
            private final @Nullable ArgumentNode node;
            private int needs;

            Draft(@Nullable ArgumentNode node) {
                this.node = node;
            }
        }

        /** For a stream, with or without the decision itself. */
        public Builder(int stream, boolean withCurrent) {
            this.stream = stream;
            this.withCurrent = withCurrent;
        }

        /** The stream's number. */
        public int stream() {
            return stream;
        }

        /** Whether the decision itself takes part. */
        public boolean withCurrent() {
            return withCurrent;
        }

        /**
         * Adds an aggregation.
         *
         * @param slot the argument's slot in the stream's state, −1 for the event itself
         * @param target where the frame keeps its value
         */
        public void add(AggregateFn fn, int slot, @Nullable ArgumentNode node, long window, int target) {
            columns.computeIfAbsent(slot, x -> new Draft(node)).needs |= Need.of(fn);
            targets.computeIfAbsent(window, w -> new HashMap<>())
                    .computeIfAbsent(slot, x -> new EnumMap<>(AggregateFn.class))
                    .put(fn, target);
        }

        /**
         * The scan.
         *
         * @param number its number among the scans of its stream
         */
        public WindowScan build(int number) {
            Column[] built = new Column[columns.size()];
            int next = 0;
            int cursors = targets.size() + 1;
            int offset = cursors;
            int deque = 0;
            for (Map.Entry<Integer, Draft> e : columns.entrySet()) {
                Draft d = e.getValue();
                Argument argument = d.node == null ? Argument.EVENT : d.node.argument();
                int words = WindowCursors.words(argument, d.needs);
                Targets[] byWindow = targets.values().stream()
                        .map(w -> Targets.of(w.getOrDefault(e.getKey(), Map.of())))
                        .toArray(Targets[]::new);
                Column c = new Column(e.getKey(), argument, d.needs, d.node, offset, words, deque, byWindow);
                built[next++] = c;
                offset += cursors * words;
                deque += Integer.bitCount(c.needs & (Need.MIN | Need.MAX));
            }
            return new WindowScan(
                    number,
                    stream,
                    withCurrent,
                    targets.keySet().stream().mapToLong(Long::longValue).toArray(),
                    built);
        }
    }
}
