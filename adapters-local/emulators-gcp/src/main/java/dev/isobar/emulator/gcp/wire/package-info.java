/**
 * HTTP behind one port of this machine, for the services that speak it. What a service does may not come in.
 */
@NullMarked
package dev.isobar.emulator.gcp.wire;

import org.jspecify.annotations.NullMarked;
