package dev.isobar.spec;

/**
 * The aggregations over windows. {@code docs/expressions.md} defines each to the last bit; events whose argument is null do not take part.
 *
 * @since 0.1
 */
public enum AggregateFn {
    /** Number of events, or of events whose argument is not null. Empty window: 0. */
    COUNT,
    /** Exact sum, rounded once to binary64. Empty window: null. */
    SUM,
    /** Exact sum over exact count, rounded once. Empty window: null. */
    MEAN,
    /** Smallest value. Empty window: null. */
    MIN,
    /** Largest value. Empty window: null. */
    MAX,
    /** Sample standard deviation (ddof 1) from exact moments, variance rounded once, then the square root. Fewer than two values: null. */
    STDDEV,
    /** Share of events whose condition is true among those where it is not null. Empty window: null. */
    SHARE,
    /** Value of the event with the greatest (event time, available time, id). Empty window: null. */
    LAST,
    /** HyperLogLog estimate of the number of distinct values. Empty window: 0. */
    APPROX_DISTINCT
}
