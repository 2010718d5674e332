/**
 * Apache Flink on the workload, as someone who knows it would set it up: parallelism 1, object reuse, a serializer of our own for the records, no checkpoints.
 *
 * <p>No other peer and nothing of the product may come in.
 */
@NullMarked
package dev.isobar.benchmarks.flink;

import org.jspecify.annotations.NullMarked;
