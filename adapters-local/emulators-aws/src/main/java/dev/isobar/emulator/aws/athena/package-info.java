/**
 * Athena's API, and the part of its SQL that means the same in DuckDB, executed over the Parquet files in S3 that it names. SQL that is not understood fails as it
 * would in Athena and is never passed on. Other services do not come in.
 */
@NullMarked
package dev.isobar.emulator.aws.athena;

import org.jspecify.annotations.NullMarked;
