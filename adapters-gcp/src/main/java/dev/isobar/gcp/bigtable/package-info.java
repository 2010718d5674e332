/**
 * Online state on Bigtable: one table, one header row per namespace that every commit is conditional on, one row per key whose cells are each named by their
 * write. Nothing of another service and no configuration may come in here.
 */
@NullMarked
package dev.isobar.gcp.bigtable;

import org.jspecify.annotations.NullMarked;
