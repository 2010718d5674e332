/**
 * Emulators that other people wrote, as processes on ports of 127.0.0.1: where their files lie, how each one is started and when it is ready. Nothing that we
 * emulate ourselves may live here.
 */
@NullMarked
package dev.isobar.emulator.gcp.foreign;

import org.jspecify.annotations.NullMarked;
