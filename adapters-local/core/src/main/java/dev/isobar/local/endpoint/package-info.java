/**
 * The port {@link dev.isobar.port.Endpoints} on one machine: writes what shall be, reads what is, starts the supervisor when it is needed.
 * It runs in the command; what lives longer than the command lives in the supervisor.
 */
@NullMarked
package dev.isobar.local.endpoint;

import org.jspecify.annotations.NullMarked;
