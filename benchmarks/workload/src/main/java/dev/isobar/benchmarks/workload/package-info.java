/**
 * What every competitor shares: the card transactions, the fifteen features, the clock, the answers and the line of JSON they end in.
 *
 * <p>No peer and no product may come in: this is on everyone's class path.
 */
@NullMarked
package dev.isobar.benchmarks.workload;

import org.jspecify.annotations.NullMarked;
