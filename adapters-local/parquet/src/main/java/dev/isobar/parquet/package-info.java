/**
 * Rows to Parquet files and back, exactly, through one DuckDB in memory. What a table is, where its files lie and when they appear is an adapter's
 * business and does not come in.
 */
@NullMarked
package dev.isobar.parquet;

import org.jspecify.annotations.NullMarked;
