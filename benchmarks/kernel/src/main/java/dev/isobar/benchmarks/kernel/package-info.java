/**
 * Our kernel under the stopwatch, and the hand-written loops beside it.
 *
 * <p>Only {@link dev.isobar.benchmarks.kernel.KernelUnderTest} may know the kernel's API; the loops must not share code with the kernel.
 */
@NullMarked
package dev.isobar.benchmarks.kernel;

import org.jspecify.annotations.NullMarked;
