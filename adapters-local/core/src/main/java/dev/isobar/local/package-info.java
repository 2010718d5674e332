/**
 * The reference adapter: every port on one machine, without Docker, network or account.
 * Where a port's Javadoc leaves a question open, the answer given here is the one the conformance kit asks of others.
 * No cloud library and nothing from the pipelines side comes in.
 */
@NullMarked
package dev.isobar.local;

import org.jspecify.annotations.NullMarked;
