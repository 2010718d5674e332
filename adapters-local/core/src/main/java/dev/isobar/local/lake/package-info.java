/**
 * The lake: objects as plain files under {@code lake/objects}, with compare-and-set among threads and processes.
 * A person may look at them with any tool.
 * Tables live in their own room; no format of an object's content comes in here.
 */
@NullMarked
package dev.isobar.local.lake;

import org.jspecify.annotations.NullMarked;
