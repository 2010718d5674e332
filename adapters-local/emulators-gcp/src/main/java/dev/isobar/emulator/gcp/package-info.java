/**
 * Google Cloud on this machine, as one program. What a service does lives in that service's package; here they are put together.
 */
@NullMarked
package dev.isobar.emulator.gcp;

import org.jspecify.annotations.NullMarked;
