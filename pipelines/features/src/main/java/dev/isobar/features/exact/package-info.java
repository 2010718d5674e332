/**
 * Exact sums and the one rounding at their end: fixed-point accumulators for binary64, rational numbers to binary64. Arithmetic only: nothing
 * of events, windows or specs may come in.
 */
@NullMarked
package dev.isobar.features.exact;

import org.jspecify.annotations.NullMarked;
