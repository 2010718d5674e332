/**
 * Apache Beam on the workload. Two modules compile these sources, each with the runner and the Beam version of its own.
 *
 * <p>No other peer and nothing of the product may come in.
 */
@NullMarked
package dev.isobar.benchmarks.beam;

import org.jspecify.annotations.NullMarked;
