/**
 * What is served against what was trained on: drift, data quality, live performance, latency, and the verdicts on them.
 * Pure statistics over values that somebody else reads: bounded memory, deterministic, the replay's clock.
 * No I/O, no port, no wall clock and no wish to act on a verdict comes in.
 */
@NullMarked
package dev.isobar.runtime.monitor;

import org.jspecify.annotations.NullMarked;
