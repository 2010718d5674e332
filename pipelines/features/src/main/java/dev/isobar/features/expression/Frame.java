package dev.isobar.features.expression;

import dev.isobar.event.Row;

/**
 * What an expression is evaluated against, and where it says that its result is null. Reusable. Not thread safe.
 *
 * @since 0.1
 */
public final class Frame {
    Row row;
    boolean nil;
    final double[] aggregates;
    final boolean[] aggregateNulls;
    final double[] features;
    final boolean[] featureNulls;

    /** A frame with room for values of aggregates and of features; rows may change. */
    public Frame(Row row, int aggregates, int features) {
        this.row = row;
        this.aggregates = new double[aggregates];
        this.aggregateNulls = new boolean[aggregates];
        this.features = new double[features];
        this.featureNulls = new boolean[features];
    }

    /** The row that columns are read from, from now on. */
    public void row(Row next) {
        row = next;
    }

    /** Whether the last evaluation gave null. */
    public boolean isNull() {
        return nil;
    }

    /** Sets the value of an aggregate. */
    public void aggregate(int index, double value) {
        aggregates[index] = value;
        aggregateNulls[index] = false;
    }

    /** Makes an aggregate null. */
    public void aggregateNull(int index) {
        aggregateNulls[index] = true;
    }

    /** An aggregate's value. */
    public double aggregate(int index) {
        return aggregates[index];
    }

    /** Whether an aggregate is null. */
    public boolean isAggregateNull(int index) {
        return aggregateNulls[index];
    }

    /** Sets the value of a feature that others refer to. */
    public void feature(int index, double value, boolean isNull) {
        features[index] = value;
        featureNulls[index] = isNull;
    }
}
