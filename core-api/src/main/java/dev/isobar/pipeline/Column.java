package dev.isobar.pipeline;

import dev.isobar.event.FieldType;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import org.jspecify.annotations.Nullable;

/**
 * A column of a stream. Declared once, usually as a {@code static final} constant; the marks below complete its declaration and return the column
 * itself. Not thread safe while it is being declared.
 *
 * @param <T> Java type of its values
 * @since 0.1
 */
public class Column<T> implements Expr<T> {
    private final Stream stream;
    private final String name;
    private final FieldType type;
    private boolean nullable;
    private String from;
    private @Nullable ExprSpec computed;
    private ColumnSpec.@Nullable RangeSpec expect;
    private @Nullable String sensitivity;

    Column(Stream stream, String name, FieldType type) {
        this.stream = stream;
        this.name = name;
        this.type = type;
        this.from = name;
    }

    /** The stream it belongs to. */
    public Stream stream() {
        return stream;
    }

    /** Its name. */
    public String name() {
        return name;
    }

    @Override
    public FieldType type() {
        return type;
    }

    @Override
    public ExprSpec spec() {
        return new ExprSpec.Col(stream.name(), name);
    }

    /** The stream's events are about what this column names; several marked columns make a composite key, in order. */
    public Column<T> key() {
        stream.markKey(name);
        return this;
    }

    /** Identifies an event within its stream. */
    public Column<T> id() {
        stream.markId(name);
        return this;
    }

    /** When the event happened. Only a timestamp can be one. */
    public Column<T> eventTime() {
        stream.markEventTime(name);
        return this;
    }

    /** When the event could first be known. Without it, events are stamped when they are ingested. */
    public Column<T> availableTime() {
        stream.markAvailableTime(name);
        return this;
    }

    /** Rows may lack a value. */
    public Column<T> nullable() {
        this.nullable = true;
        return this;
    }

    /** The source calls it something else. */
    public Column<T> from(String sourceColumn) {
        this.from = sourceColumn;
        return this;
    }

    /** Not read but computed, from columns of the same stream. */
    public Column<T> computed(Expr<T> expression) {
        this.computed = expression.spec();
        return this;
    }

    /** Values are expected to lie in a range; say what happens to a row that breaks it. */
    public Expectation<? extends Column<T>> expect(Dsl.Between<T> range) {
        return new Expectation<Column<T>>(this, range);
    }

    /** Who may see it: a label such as {@code personal} that governance rules refer to. */
    public Column<T> sensitivity(String label) {
        this.sensitivity = label;
        return this;
    }

    ColumnSpec declaration() {
        return new ColumnSpec(name, type, nullable, computed == null ? from : null, computed, expect, sensitivity);
    }

    /**
     * An expectation that still needs its consequence.
     *
     * @param <C> the kind of column
     */
    public static final class Expectation<C extends Column<?>> {
        private final C column;
        private final Dsl.Between<?> range;

        Expectation(C column, Dsl.Between<?> range) {
            this.column = column;
            this.range = range;
        }

        /** A row outside goes to the dead letters, with its reason, position and original bytes; the stream goes on. */
        public C elseDeadLetter() {
            ((Column<?>) column).expect = range.spec();
            return column;
        }
    }
}
