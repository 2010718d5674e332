/**
 * Tables for training, backfill and audit: folders of Parquet files under {@code lake/tables}. How rows become Parquet is {@code dev.isobar.parquet}'s;
 * no other room of the adapter touches DuckDB.
 * Feature logic, SQL of users and other formats do not come in.
 */
@NullMarked
package dev.isobar.local.offline;

import org.jspecify.annotations.NullMarked;
