/**
 * The whole local path under the stopwatch: log, kernel, checkpoints, online store, Parquet. It calls what a user calls.
 *
 * <p>No shortcut of the kernel or of a store may come in.
 */
@NullMarked
package dev.isobar.benchmarks.path;

import org.jspecify.annotations.NullMarked;
