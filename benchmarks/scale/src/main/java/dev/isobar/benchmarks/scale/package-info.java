/**
 * One point of a curve: so many events of so many keys, through the kernel or the hand-written loop, with the state in memory or most of it on disk.
 *
 * <p>Peers have no place here: the curves are about ourselves, and the loop shows what the machine's memory does to anybody.
 */
@NullMarked
package dev.isobar.benchmarks.scale;

import org.jspecify.annotations.NullMarked;
