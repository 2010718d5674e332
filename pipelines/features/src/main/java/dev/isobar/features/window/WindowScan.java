package dev.isobar.features.window;

import dev.isobar.spec.AggregateFn;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All aggregations over one stream's events of one key, to be computed in one pass. Immutable once built; {@link Scanner} does the work.
 *
 * @since 0.1
 */
public final class WindowScan {
    /** An argument that is accumulated. */
    record Column(
            int slot,
            Argument argument,
            int needs,
            @Nullable ArgumentNode node) {}

    /** A value to write when a window's edge is reached. */
    record Output(int column, AggregateFn fn, int target) {}

    private final int number;
    private final int stream;
    private final boolean withCurrent;
    final long[] windows;
    final Column[] columns;
    final Output[][] outputs;

    private WindowScan(int number, int stream, boolean withCurrent, long[] windows, Column[] columns, Output[][] outputs) {
        this.number = number;
        this.stream = stream;
        this.withCurrent = withCurrent;
        this.windows = windows;
        this.columns = columns;
        this.outputs = outputs;
    }

    /** Its number among the scans of its stream. */
    int number() {
        return number;
    }

    /** Whether every aggregation can take back what it has added. */
    boolean subtractable() {
        for (Column c : columns) {
            if ((c.needs & Need.DISTINCT) != 0) {
                return false;
            }
        }
        return !withCurrent;
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

    /** Collects aggregations. Not thread safe. */
    public static final class Builder {
        private final int stream;
        private final boolean withCurrent;
        private final List<Column> columns = new ArrayList<>();
        private final TreeMap<Long, List<Output>> outputs = new TreeMap<>();

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
            int column = -1;
            for (int i = 0; i < columns.size(); i++) {
                if (columns.get(i).slot == slot) {
                    column = i;
                }
            }
            if (column < 0) {
                column = columns.size();
                columns.add(new Column(slot, node == null ? Argument.EVENT : node.argument(), Need.of(fn), node));
            } else {
                Column c = columns.get(column);
                columns.set(column, new Column(slot, c.argument, c.needs | Need.of(fn), node));
            }
            outputs.computeIfAbsent(window, w -> new ArrayList<>()).add(new Output(column, fn, target));
        }

        /**
         * The scan.
         *
         * @param number its number among the scans of its stream
         */
        public WindowScan build(int number) {
            return new WindowScan(
                    number,
                    stream,
                    withCurrent,
                    outputs.keySet().stream().mapToLong(Long::longValue).toArray(),
                    columns.toArray(new Column[0]),
                    outputs.values().stream().map(o -> o.toArray(new Output[0])).toArray(Output[][]::new));
        }
    }
}
