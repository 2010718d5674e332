/** Tests of the emulator as a process. */
@NullMarked
package dev.isobar.emulator.aws;

import org.jspecify.annotations.NullMarked;
