/**
 * Training sets: our backfill and DuckDB on the same labels and the same transactions, from memory to memory and from Parquet to Parquet.
 *
 * <p>No other peer may come in.
 */
@NullMarked
package dev.isobar.benchmarks.backfill;

import org.jspecify.annotations.NullMarked;
