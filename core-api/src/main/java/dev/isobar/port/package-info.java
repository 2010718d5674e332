/**
 * The ports: what Isobar asks of a platform, at most a dozen methods each, records in and out. Their Javadoc binds both sides;
 * {@code conformance/} tests it. Nothing provider-specific, no behaviour and no kernel may come in here.
 */
@NullMarked
package dev.isobar.port;

import org.jspecify.annotations.NullMarked;
