/**
 * Our kernel under the stopwatch, and the hand-written loops beside it.
 *
 * <p>The loops must not share code with the kernel.
 */
@NullMarked
package dev.isobar.benchmarks.kernel;

import org.jspecify.annotations.NullMarked;
