/**
 * Recorded events in known-time order, slice by slice, through the kernel: the one loop behind backfill, live replay and audit. It reads through feeds
 * (from the lake or from the log) and decides nothing about what is done with a slice.
 */
@NullMarked
package dev.isobar.runtime.history;

import org.jspecify.annotations.NullMarked;
