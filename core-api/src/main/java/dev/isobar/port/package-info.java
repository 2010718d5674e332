/**
 * The ports: what Isobar asks of a platform, at most a dozen methods each, records in and out. Their Javadoc binds both sides;
 * {@code conformance/} tests it. Nothing provider-specific, no kernel and no behaviour may come in here, but for the checks of arguments that every adapter owes.
 */
@NullMarked
package dev.isobar.port;

import org.jspecify.annotations.NullMarked;
