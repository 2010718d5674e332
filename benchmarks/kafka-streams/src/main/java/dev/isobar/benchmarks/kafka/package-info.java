/**
 * Kafka Streams on the workload.
 *
 * <p>No other peer and nothing of the product may come in.
 */
@NullMarked
package dev.isobar.benchmarks.kafka;

import org.jspecify.annotations.NullMarked;
