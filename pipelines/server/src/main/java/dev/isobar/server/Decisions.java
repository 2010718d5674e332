package dev.isobar.server;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.features.RowExpression;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes decisions of requests: what a client must say, what is computed from it, and as of when it asks. Immutable, thread safe.
 *
 * <p>A request has the decision stream's columns except the computed ones. The id may be left out, because a question need not be an event; so may
 * an available time that is a column of its own, which is then the event time: nobody asks before something can be known.
 */
final class Decisions {
    private final StreamSpec stream;
    private final Schema schema;
    private final Schema request;
    private final int[] target;
    private final List<Computed> computed;
    private final int id;
    private final int eventTime;
    private final int availableTime;

    private record Computed(int slot, RowExpression expression) {}

    /**
     * A decision.
     *
     * @param row of the decision stream's schema, computed columns included
     * @param id its event's id; null if no event asks
     * @param t as of this time, microseconds
     * @param k known at this time, microseconds
     */
    record Decision(Row row, @Nullable String id, long t, long k) {}

    Decisions(PipelineSpec spec) {
        this.stream = spec.stream(spec.decisions());
        this.schema = stream.schema();
        this.id = schema.require(stream.id());
        this.eventTime = schema.require(stream.eventTime());
        this.availableTime = stream.availableTime() == null ? -1 : schema.require(stream.availableTime());
        List<Field> asked = new ArrayList<>();
        List<Integer> slots = new ArrayList<>();
        for (int i = 0; i < schema.size(); i++) {
            ColumnSpec column = stream.columns().get(i);
            if (column.computed() == null) {
                boolean mayBeAbsent = column.nullable() || i == id || (i == availableTime && i != eventTime);
                asked.add(new Field(column.name(), column.type(), mayBeAbsent));
                slots.add(i);
            }
        }
        this.request = Schema.of(asked);
        this.target = slots.stream().mapToInt(Integer::intValue).toArray();
        this.computed = inOrder();
    }

    /** The columns of a request, in the stream's order. */
    Schema request() {
        return request;
    }

    /** The columns of a decision. */
    Schema schema() {
        return schema;
    }

    /**
     * Completes a request.
     *
     * @param asked of {@link #request()}
     * @throws IsobarException {@code INVALID_ARGUMENT} if it does not say as of when
     */
    Decision decide(Row asked) {
        Row row = new Row(schema);
        for (int i = 0; i < target.length; i++) {
            if (asked.isNull(i)) {
                continue;
            }
            String text = asked.text(i);
            if (text == null) {
                row.setWord(target[i], asked.word(i));
            } else {
                row.setText(target[i], text);
            }
        }
        for (Computed c : computed) {
            c.expression.evaluate(row, row, c.slot);
        }
        if (row.isNull(eventTime)) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The request does not say as of when: '" + stream.eventTime() + "' has no value.")
                    .hint("Send an instant such as 2001-03-01T12:00:00Z, or the columns it is computed from.")
                    .build();
        }
        long t = row.word(eventTime);
        long k = availableTime < 0 || row.isNull(availableTime) ? t : row.word(availableTime);
        return new Decision(row, row.isNull(id) ? null : RowText.format(row, id), t, k);
    }

    /** Computed columns may read each other; the spec has no circles. */
    private List<Computed> inOrder() {
        List<Computed> order = new ArrayList<>();
        Set<String> done = new HashSet<>();
        for (ColumnSpec column : stream.columns()) {
            add(column, done, order);
        }
        return List.copyOf(order);
    }

    private void add(ColumnSpec column, Set<String> done, List<Computed> order) {
        ExprSpec expression = column.computed();
        if (expression == null || !done.add(column.name())) {
            return;
        }
        Set<String> reads = new HashSet<>();
        columns(expression, reads);
        for (ColumnSpec other : stream.columns()) {
            if (reads.contains(other.name())) {
                add(other, done, order);
            }
        }
        order.add(new Computed(
                schema.require(column.name()), RowExpression.compile(expression, schema, stream.name())));
    }

    private static void columns(ExprSpec expression, Set<String> into) {
        if (expression instanceof ExprSpec.Col c) {
            into.add(c.column());
        } else if (expression instanceof ExprSpec.Call call) {
            call.args().forEach(a -> columns(a, into));
        }
    }
}
