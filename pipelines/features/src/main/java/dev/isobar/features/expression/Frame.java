package dev.isobar.features.expression;

import dev.isobar.event.Row;
import java.util.Arrays;

/**
 * What an expression is evaluated against, and where it says that its result is null: a row, and values that are known by now. A feature and an aggregate
 * inside one are values alike; the features of a plan come first. Reusable. Not thread safe.
 *
 * @since 0.1
 */
public final class Frame {
    private static final double[] NONE = new double[0];

    Row row;
    boolean nil;
    double[] values = NONE;
    boolean[] nulls = new boolean[0];

    /** A frame without values; rows may change. */
    public Frame(Row row) {
        this.row = row;
    }

    /** The row that columns are read from, from now on. */
    public void row(Row next) {
        row = next;
    }

    /** Where values are kept from now on; none of them is null. */
    public void values(double[] known, boolean[] none) {
        values = known;
        nulls = none;
        Arrays.fill(none, false);
    }

    /** The values, to be written in place by who writes many that were not made null since {@link #values(double[], boolean[])}. */
    public double[] values() {
        return values;
    }

    /** Whether the last evaluation gave null. */
    public boolean isNull() {
        return nil;
    }

    /** Sets a value; a NaN is the canonical one. */
    public void set(int index, double value) {
        values[index] = value;
        nulls[index] = false;
    }

    /** Makes a value null. */
    public void setNull(int index) {
        values[index] = 0.0;
        nulls[index] = true;
    }
}
