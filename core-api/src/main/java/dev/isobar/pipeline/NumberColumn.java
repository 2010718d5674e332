package dev.isobar.pipeline;

import dev.isobar.event.FieldType;

/**
 * A numeric column: a {@link Column} that arithmetic is defined on.
 *
 * @param <T> Integer, Long or Double
 * @since 0.1
 */
public final class NumberColumn<T extends Number> extends Column<T> implements NumberExpr<T> {
    NumberColumn(Stream stream, String name, FieldType type) {
        super(stream, name, type);
    }

    @Override
    public NumberColumn<T> key() {
        super.key();
        return this;
    }

    @Override
    public NumberColumn<T> id() {
        super.id();
        return this;
    }

    @Override
    public NumberColumn<T> nullable() {
        super.nullable();
        return this;
    }

    @Override
    public NumberColumn<T> from(String sourceColumn) {
        super.from(sourceColumn);
        return this;
    }

    @Override
    public NumberColumn<T> computed(Expr<T> expression) {
        super.computed(expression);
        return this;
    }

    @Override
    public Expectation<NumberColumn<T>> expect(Dsl.Between<T> range) {
        return new Expectation<>(this, range);
    }

    @Override
    public NumberColumn<T> sensitivity(String label) {
        super.sensitivity(label);
        return this;
    }
}
