/**
 * A backfill from files held against the steps of a run on the same input.
 */
@NullMarked
package dev.isobar.runtime.backfill;

import org.jspecify.annotations.NullMarked;
