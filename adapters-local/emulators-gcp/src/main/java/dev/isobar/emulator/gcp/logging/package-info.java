/**
 * Cloud Logging as far as others write to it: lines of emulated containers, and the one call that reads them. Who writes may not come in.
 */
@NullMarked
package dev.isobar.emulator.gcp.logging;

import org.jspecify.annotations.NullMarked;
