/**
 * Holds the report to its promises: self-contained, escaped, well-formed, complete.
 * A sample from generated data is left under target/ to look at.
 * No clock, network or browser comes in.
 */
@NullMarked
package dev.isobar.runtime.report;

import org.jspecify.annotations.NullMarked;
