/**
 * What an open adapter is when Guice wires its ports, whichever platform it is for. No service and no configuration may come in here.
 */
@NullMarked
package dev.isobar.platform.session;

import org.jspecify.annotations.NullMarked;
