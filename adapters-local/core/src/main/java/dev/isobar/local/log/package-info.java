/**
 * Event streams as append logs: one directory per stream, one per partition, segment files of checksummed frames.
 * Who appends, reads, commits and erases lives here; what the events mean does not.
 * No other port comes in.
 */
@NullMarked
package dev.isobar.local.log;

import org.jspecify.annotations.NullMarked;
