/**
 * How a platform plugs in: an {@link dev.isobar.spi.Adapter} found by {@link java.util.ServiceLoader} declares itself and opens sessions that
 * hand out ports. No dependency injection crosses this boundary.
 */
@NullMarked
package dev.isobar.spi;

import org.jspecify.annotations.NullMarked;
