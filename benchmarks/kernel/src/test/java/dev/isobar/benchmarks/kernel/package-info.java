/** Tests of the hand-written loop: it may be called the limit only while it gives what the kernel gives. Nothing but tests may come in. */
@NullMarked
package dev.isobar.benchmarks.kernel;

import org.jspecify.annotations.NullMarked;
