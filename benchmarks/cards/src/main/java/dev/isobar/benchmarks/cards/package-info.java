/**
 * The workload as a pipeline of ours, and our kernel as the comparisons call it.
 *
 * <p>What competitors of ours share; peers and the hand-written loops may not know it.
 */
@NullMarked
package dev.isobar.benchmarks.cards;

import org.jspecify.annotations.NullMarked;
