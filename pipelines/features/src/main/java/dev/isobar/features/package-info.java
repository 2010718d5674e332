/**
 * The feature kernel: windows, expressions and point-in-time joins as pure functions over core-api values.
 * The same code runs in the batch engine, in the stream and inside the model server.
 * No I/O, no clock, no thread and no framework comes in.
 */
@NullMarked
package dev.isobar.features;

import org.jspecify.annotations.NullMarked;
