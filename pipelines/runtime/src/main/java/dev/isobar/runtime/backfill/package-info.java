/**
 * A training set from files, without a run: reads a history, asks the kernel's backfill, writes Parquet.
 * How records are parsed, what a feature is worth and how Parquet is written are others' business.
 */
@NullMarked
package dev.isobar.runtime.backfill;

import org.jspecify.annotations.NullMarked;
