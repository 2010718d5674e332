package dev.isobar.features;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.features.expression.ExpressionCompiler;
import dev.isobar.features.expression.Frame;
import dev.isobar.features.expression.Kind;
import dev.isobar.features.expression.Node;
import dev.isobar.spec.ExprSpec;

/**
 * An expression over the columns of one row, compiled once: computed columns, expectations, labels, export. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class RowExpression {
    private final Node node;

    private RowExpression(Node node) {
        this.node = node;
    }

    /**
     * Compiles an expression without windows and without references to features.
     *
     * @param stream the stream whose columns it may name
     * @throws dev.isobar.error.IsobarException {@code INVALID_PIPELINE}: an unknown column, types that do not fit, an aggregate
     */
    public static RowExpression compile(ExprSpec expression, Schema schema, String stream) {
        return new RowExpression(new ExpressionCompiler(schema, stream, null, "An expression over '" + stream + "'")
                .compile(expression));
    }

    /** What it evaluates to. {@code INT64} for every integer; int32 columns are computed in 64 bits. */
    public FieldType type() {
        return node.kind().fieldType();
    }

    /** Evaluates it over a row of the schema it was compiled for. */
    public void evaluate(Row row, Value into) {
        Frame frame = new Frame(row);
        if (node.kind() == Kind.STRING) {
            String text = node.text(frame);
            into.set(frame.isNull(), 0, text);
        } else {
            long word = node.word(frame);
            into.set(frame.isNull(), word, null);
        }
    }

    /**
     * Evaluates it into a column of another (or the same) row. An integer that does not fit an {@code INT32} column becomes null; an integer is
     * converted for a {@code FLOAT64} column.
     *
     * @throws dev.isobar.error.IsobarException {@code INVALID_PIPELINE} if the column cannot hold the expression's type
     */
    public void evaluate(Row row, Row into, int slot) {
        FieldType target = into.schema().field(slot).type();
        Frame frame = new Frame(row);
        if (node.kind() == Kind.STRING && target == FieldType.STRING) {
            String text = node.text(frame);
            if (frame.isNull() || text == null) {
                into.setNull(slot);
            } else {
                into.setText(slot, text);
            }
            return;
        }
        boolean widen = node.kind() == Kind.INT && target == FieldType.FLOAT64;
        if (!widen && Kind.of(target) != node.kind()) {
            throw Wrong.pipeline(
                    "Column '" + into.schema().field(slot).name() + "' is " + target + " but is computed as " + type()
                            + ".",
                    "Declare the column as " + type() + ".");
        }
        long word = node.word(frame);
        if (frame.isNull() || (target == FieldType.INT32 && word != (int) word)) {
            into.setNull(slot);
        } else {
            into.setWord(slot, widen ? Double.doubleToRawLongBits((double) word) : word);
        }
    }

    /** Whether a {@code BOOL} expression is true of a row; null is not true. */
    public boolean isTrue(Row row) {
        Frame frame = new Frame(row);
        return node.kind() == Kind.BOOL && node.word(frame) != 0 && !frame.isNull();
    }
}
