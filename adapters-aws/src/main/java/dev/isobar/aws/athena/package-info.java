/**
 * Tables as Parquet files in S3, queried through Athena. The objects themselves are behind {@link dev.isobar.port.ObjectStore}; how rows become Parquet is
 * {@code dev.isobar.parquet}'s. Feature logic and SQL of users do not come in.
 */
@NullMarked
package dev.isobar.aws.athena;

import org.jspecify.annotations.NullMarked;
