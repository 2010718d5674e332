/**
 * Tests of the competitors on a small part of the workload.
 *
 * <p>No figures.
 */
@NullMarked
package dev.isobar.benchmarks.backfill;

import org.jspecify.annotations.NullMarked;
