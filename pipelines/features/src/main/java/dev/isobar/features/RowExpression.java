package dev.isobar.features;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.spec.ExprSpec;

/**
 * An expression over the columns of one row, compiled once: computed columns, expectations, labels, export. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class RowExpression {
    private RowExpression() {}

    /**
     * Compiles an expression without windows and without references to features.
     *
     * @param stream the stream whose columns it may name
     * @throws dev.isobar.error.IsobarException {@code INVALID_PIPELINE}: an unknown column, types that do not fit, an aggregate
     */
    public static RowExpression compile(ExprSpec expression, Schema schema, String stream) {
        throw new UnsupportedOperationException();
    }

    /** What it evaluates to. {@code INT64} for every integer; int32 columns are computed in 64 bits. */
    public FieldType type() {
        throw new UnsupportedOperationException();
    }

    /** Evaluates it over a row of the schema it was compiled for. */
    public void evaluate(Row row, Value into) {
        throw new UnsupportedOperationException();
    }

    /**
     * Evaluates it into a column of another (or the same) row. An integer that does not fit an {@code INT32} column, becomes null; an integer is
     * converted for a {@code FLOAT64} column.
     */
    public void evaluate(Row row, Row into, int slot) {
        throw new UnsupportedOperationException();
    }

    /** Whether a {@code BOOL} expression is true of a row; null is not true. */
    public boolean isTrue(Row row) {
        throw new UnsupportedOperationException();
    }
}
