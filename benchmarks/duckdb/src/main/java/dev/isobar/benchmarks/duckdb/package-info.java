/**
 * DuckDB's window frames on the workload.
 *
 * <p>No other peer and nothing of the product may come in.
 */
@NullMarked
package dev.isobar.benchmarks.duckdb;

import org.jspecify.annotations.NullMarked;
