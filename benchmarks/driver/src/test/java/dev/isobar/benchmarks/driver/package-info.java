/** Tests of the driver. Nothing but tests may come in. */
@NullMarked
package dev.isobar.benchmarks.driver;

import org.jspecify.annotations.NullMarked;
