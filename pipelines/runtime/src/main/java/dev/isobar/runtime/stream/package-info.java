/**
 * The streaming feature path: events from a log through the kernel to vectors and online state, with checkpoints that survive the process.
 * It knows ports and the kernel. How pipelines are planned and journaled, and what an adapter does with bytes, may not come in.
 */
@NullMarked
package dev.isobar.runtime.stream;

import org.jspecify.annotations.NullMarked;
