/**
 * Hashes and sketches whose bits are promised: MurmurHash3 and HyperLogLog. Nothing of events, windows or specs may come in.
 */
@NullMarked
package dev.isobar.features.sketch;

import org.jspecify.annotations.NullMarked;
