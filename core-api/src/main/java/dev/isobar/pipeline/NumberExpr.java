package dev.isobar.pipeline;

import dev.isobar.event.FieldType;
import dev.isobar.spec.Fn;

/**
 * A numeric expression. Whole numbers are computed in 64 bits whatever the column's width; an overflow is null, never a wrapped value.
 *
 * @param <T> Integer, Long or Double; operands of one operation have the same, {@link #toDouble()} converts
 * @since 0.1
 */
public interface NumberExpr<T extends Number> extends Expr<T> {
    /** Sum. */
    default NumberExpr<T> plus(NumberExpr<T> other) {
        return Node.number(Node.wide(type()), Fn.ADD, this, other);
    }

    /** Sum with a constant. */
    default NumberExpr<T> plus(T value) {
        return Node.number(Node.wide(type()), Fn.ADD, this, Dsl.literal(type(), value));
    }

    /** Difference. */
    default NumberExpr<T> minus(NumberExpr<T> other) {
        return Node.number(Node.wide(type()), Fn.SUBTRACT, this, other);
    }

    /** Difference with a constant. */
    default NumberExpr<T> minus(T value) {
        return Node.number(Node.wide(type()), Fn.SUBTRACT, this, Dsl.literal(type(), value));
    }

    /** Product. */
    default NumberExpr<T> times(NumberExpr<T> other) {
        return Node.number(Node.wide(type()), Fn.MULTIPLY, this, other);
    }

    /** Product with a constant. */
    default NumberExpr<T> times(T value) {
        return Node.number(Node.wide(type()), Fn.MULTIPLY, this, Dsl.literal(type(), value));
    }

    /** Quotient in binary64; null when the divisor is zero. */
    default NumberExpr<Double> dividedBy(Expr<? extends Number> other) {
        return Node.number(FieldType.FLOAT64, Fn.DIVIDE, this, other);
    }

    /** Whole quotient, rounded towards zero; null when the divisor is zero. Only for whole numbers. */
    default NumberExpr<T> div(T value) {
        return Node.number(Node.wide(type()), Fn.DIV, this, Dsl.literal(type(), value));
    }

    /** Absolute value. */
    default NumberExpr<T> abs() {
        return Node.number(Node.wide(type()), Fn.ABS, this);
    }

    /** The same number as binary64. */
    default NumberExpr<Double> toDouble() {
        return Node.number(FieldType.FLOAT64, Fn.TO_FLOAT64, this);
    }
}
