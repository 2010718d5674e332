/**
 * Flat state: the events of a key in primitive arrays, identities, and their bytes in snapshots. Knows words and times; what a word means,
 * expressions and windows, may not come in.
 */
@NullMarked
package dev.isobar.features.state;

import org.jspecify.annotations.NullMarked;
