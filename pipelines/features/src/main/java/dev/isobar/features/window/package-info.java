/**
 * One pass over a key's events for all windows that share a stream: accumulators and how they end. Specs and keys may not come in.
 */
@NullMarked
package dev.isobar.features.window;

import org.jspecify.annotations.NullMarked;
