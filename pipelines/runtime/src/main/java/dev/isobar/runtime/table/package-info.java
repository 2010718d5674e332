/**
 * The shapes of the tables a run writes, their rows and the digests over them. Nothing here decides what is written when.
 */
@NullMarked
package dev.isobar.runtime.table;

import org.jspecify.annotations.NullMarked;
