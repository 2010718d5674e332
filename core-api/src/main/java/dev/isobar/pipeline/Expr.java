package dev.isobar.pipeline;

import dev.isobar.event.FieldType;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;

/**
 * An expression over the columns of a row. {@code T} is what the Java compiler checks; the tree is what is hashed, shown and run. Immutable.
 *
 * @param <T> Java type of the value: Integer, Long, Double, Boolean, String, Instant, LocalDateTime
 * @since 0.1
 */
public interface Expr<T> {
    /** The tree. */
    ExprSpec spec();

    /** The type of its values. */
    FieldType type();

    /** Equal; NaN equals nothing, −0 equals 0. */
    default Expr<Boolean> equalTo(T value) {
        return equalTo(Dsl.literal(type(), value));
    }

    /** Equal. */
    default Expr<Boolean> equalTo(Expr<T> other) {
        return Node.call(FieldType.BOOL, Fn.EQ, this, other);
    }

    /** Not equal. */
    default Expr<Boolean> notEqualTo(T value) {
        return Node.call(FieldType.BOOL, Fn.NE, this, Dsl.literal(type(), value));
    }

    /** Less than a constant. */
    default Expr<Boolean> lessThan(T value) {
        return lessThan(Dsl.literal(type(), value));
    }

    /** Less than another expression. */
    default Expr<Boolean> lessThan(Expr<T> other) {
        return Node.call(FieldType.BOOL, Fn.LT, this, other);
    }

    /** Less than or equal to. */
    default Expr<Boolean> atMost(T value) {
        return Node.call(FieldType.BOOL, Fn.LE, this, Dsl.literal(type(), value));
    }

    /** Greater than a constant. */
    default Expr<Boolean> greaterThan(T value) {
        return greaterThan(Dsl.literal(type(), value));
    }

    /** Greater than another expression. */
    default Expr<Boolean> greaterThan(Expr<T> other) {
        return Node.call(FieldType.BOOL, Fn.GT, this, other);
    }

    /** Greater than or equal to. */
    default Expr<Boolean> atLeast(T value) {
        return Node.call(FieldType.BOOL, Fn.GE, this, Dsl.literal(type(), value));
    }

    /** Whether there is no value; never null itself. */
    default Expr<Boolean> isNull() {
        return Node.call(FieldType.BOOL, Fn.IS_NULL, this);
    }

    /** This value, or a constant where it is null. */
    default Expr<T> orElse(T value) {
        return Node.call(type(), Fn.COALESCE, this, Dsl.literal(type(), value));
    }
}
