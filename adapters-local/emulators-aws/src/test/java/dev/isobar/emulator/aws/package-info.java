/** Tests of services that work together, over HTTP. */
@NullMarked
package dev.isobar.emulator.aws;

import org.jspecify.annotations.NullMarked;
