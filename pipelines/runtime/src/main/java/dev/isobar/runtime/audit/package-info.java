/**
 * The audit: what was served against what the lake says, recomputed from scratch. It only reads, and shares with the run that served nothing but the kernel and the lake.
 */
@NullMarked
package dev.isobar.runtime.audit;

import org.jspecify.annotations.NullMarked;
