/**
 * BigQuery over a DuckDB file: its REST interface and its Storage Write API. SQL and rows cross the wire and are executed and decoded here.
 * No class of Isobar's adapter or kernel, and no client of Google's, may come in.
 */
@NullMarked
package dev.isobar.emulator.gcp.bigquery;

import org.jspecify.annotations.NullMarked;
