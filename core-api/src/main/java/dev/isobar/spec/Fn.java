package dev.isobar.spec;

/**
 * The functions of row expressions. {@code docs/expressions.md} defines each to the last bit; null in means null out unless said otherwise.
 *
 * @since 0.1
 */
public enum Fn {
    /** a + b; integers overflow to null. */
    ADD(2),
    /** a − b; integers overflow to null. */
    SUBTRACT(2),
    /** a × b; integers overflow to null. */
    MULTIPLY(2),
    /** a ÷ b as binary64; division by zero is null. */
    DIVIDE(2),
    /** Integer quotient rounded towards zero; division by zero is null. */
    DIV(2),
    /** −a. */
    NEGATE(1),
    /** |a|. */
    ABS(1),
    /** a = b; NaN equals nothing. */
    EQ(2),
    NE(2),
    LT(2),
    LE(2),
    GT(2),
    GE(2),
    /** Three-valued: false wins over null. */
    AND(2),
    /** Three-valued: true wins over null. */
    OR(2),
    NOT(1),
    /** True for null; never null. */
    IS_NULL(1),
    /** The first that is not null. */
    COALESCE(2),
    /** Second if the first is true, else third. */
    IF(3),
    /** An instant plus whole minutes. */
    PLUS_MINUTES(2),
    /** Minutes since midnight of a local or UTC reading, 0 to 1,439. */
    MINUTE_OF_DAY(1),
    /** Hour of a local or UTC reading, 0 to 23. */
    HOUR_OF_DAY(1),
    /** ISO day of week, Monday is 1. */
    DAY_OF_WEEK(1),
    /** Integer to binary64, rounded to nearest even. */
    TO_FLOAT64(1),
    /** The local reading of an instant in a zone; the second argument is a zone id literal. */
    AT_ZONE(2);

    private final int arity;

    Fn(int arity) {
        this.arity = arity;
    }

    /** How many arguments it takes. */
    public int arity() {
        return arity;
    }
}
