/**
 * What {@code benchmarks/run} starts: runs competitors one after the other in processes of their own, judges their answers, prints the tables.
 *
 * <p>No competitor and no peer may come in; a competitor is known by its folder and its name.
 */
@NullMarked
package dev.isobar.benchmarks.driver;

import org.jspecify.annotations.NullMarked;
