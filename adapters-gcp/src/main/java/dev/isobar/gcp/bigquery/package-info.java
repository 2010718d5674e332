/**
 * Tables in BigQuery: rows go in through the Storage Write API and come back by queries; which parts a table has is an object beside the lake, behind
 * {@link dev.isobar.port.ObjectStore}. Feature logic and SQL of users do not come in.
 */
@NullMarked
package dev.isobar.gcp.bigquery;

import org.jspecify.annotations.NullMarked;
