/**
 * Waiting for threads. What they do, and who starts them, may not come in.
 */
@NullMarked
package dev.isobar.runtime.thread;

import org.jspecify.annotations.NullMarked;
