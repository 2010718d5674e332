/**
 * The feature kernel's public face: a plan compiled from a spec, the state of a partition of keys, vectors computed from it. Pure: what comes in
 * are events and times, what goes out are values and bytes. No I/O, no wall clock, no threads, no adapter.
 */
@NullMarked
package dev.isobar.features;

import org.jspecify.annotations.NullMarked;
