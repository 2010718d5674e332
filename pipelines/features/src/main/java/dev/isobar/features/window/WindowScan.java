package dev.isobar.features.window;

import dev.isobar.spec.AggregateFn;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
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
     * @param offset where its words begin at a cursor
     * @param words how many words it has there
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
            return (needs & Need.SUM) != 0 || (argument == Argument.FLOAT && deques() > 0);
        }

        int deques() {
            return Integer.bitCount(needs & (Need.MIN | Need.MAX));
        }

        /** What the keys of one of its deques are flipped with: nothing for maxima, every bit for minima. */
        long flip(int deque) {
            return deque == 1 || (needs & Need.MAX) == 0 ? -1 : 0;
        }

        int deque(long flip) {
            return firstDeque + (flip != 0 && (needs & Need.MAX) != 0 ? 1 : 0);
        }
    }

    final int number;
    private final int stream;
    private final boolean withCurrent;
    final long[] windows;
    final Column[] columns;
    /** Whether every aggregation can take back what it has added. */
    final boolean subtractable;

    final int cursorWords;
    final int deques;

    private WindowScan(int number, int stream, boolean withCurrent, long[] windows, Column[] columns) {
        this.number = number;
        this.stream = stream;
        this.withCurrent = withCurrent;
        this.windows = windows;
        this.columns = columns;
        boolean distinct = false;
        int wordCount = 1;
        int dequeCount = 0;
        for (Column c : columns) {
            distinct |= (c.needs & Need.DISTINCT) != 0;
            wordCount += c.words;
            dequeCount += c.deques();
        }
        this.subtractable = !distinct;
        this.cursorWords = wordCount;
        this.deques = dequeCount;
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
            int offset = 1;
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
                offset += words;
                deque += c.deques();
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
