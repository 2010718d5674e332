package dev.isobar.benchmarks.workload;

import org.jspecify.annotations.Nullable;

/** One way to compute the features. A process runs one competitor. */
public interface Competitor {
    /** Name in tables and JSON, such as {@code flink_heap}. */
    String name();

    /** Which question it answers. */
    Question question();

    /**
     * Computes the vector of every transaction from an empty state and hands each to the answers, in any order.
     *
     * @param clock runs already; one with a long start of its own may {@link PassClock#start()} it again when the first transaction goes in, and
     *     {@link PassClock#stop()} it when the last answer has come out
     */
    void pass(Workload workload, Answers answers, PassClock clock) throws Exception;

    /** What the last pass left as state, so that it can be weighed; null if it cannot. */
    default @Nullable Object state() {
        return null;
    }

    /** The same pass with each transaction timed; false if the competitor has no such thing. */
    default boolean timed(Workload workload, Answers answers, long[] nanos) {
        return false;
    }

    /** What is to be known beside the figures: versions, how it was run. */
    default String note() {
        return "";
    }
}
