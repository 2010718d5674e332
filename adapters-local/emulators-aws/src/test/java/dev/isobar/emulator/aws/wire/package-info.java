/** Tests of the package of the same name, over HTTP. */
@NullMarked
package dev.isobar.emulator.aws.wire;

import org.jspecify.annotations.NullMarked;
