/**
 * Tests of Parquet files as bytes.
 * What the port promises is tested by the conformance kit.
 */
@NullMarked
package dev.isobar.local.offline;

import org.jspecify.annotations.NullMarked;
