/**
 * Reads XGBoost's published model formats (UBJ, JSON) and evaluates the trees, bit for bit as the library does.
 * A model is bytes in and flat arrays out; malformed bytes end in CORRUPT, never in a full heap.
 * No native code, no I/O, no HTTP and no feature logic comes in.
 */
@NullMarked
package dev.isobar.server.tree;

import org.jspecify.annotations.NullMarked;
