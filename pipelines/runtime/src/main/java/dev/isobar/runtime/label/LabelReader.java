package dev.isobar.runtime.label;

import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.features.RowExpression;
import dev.isobar.features.Value;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.TrainingSpec;

/** Evaluates the label of an event. Not thread safe. */
public final class LabelReader {
    private final RowExpression expression;
    private final Value value = new Value();

    /** For the events of a pipeline's label stream. */
    public LabelReader(TrainingSpec training, StreamSpec stream) {
        this.expression = RowExpression.compile(training.label(), stream.schema(), stream.name());
    }

    /** The label as a number, true as 1; NaN if there is none. */
    public double label(Row row) {
        expression.evaluate(row, value);
        if (value.isNull()) {
            return Double.NaN;
        }
        return expression.type() == FieldType.FLOAT64 ? value.float64() : value.word();
    }
}
