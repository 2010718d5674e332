/**
 * Third-party emulators as processes of the tests that need them: each on a free port of this machine, stopped with the JVM at the latest. A machine
 * that lacks one skips the suite and says why. Nothing of the adapter may come in.
 */
@NullMarked
package dev.isobar.aws.emulator;

import org.jspecify.annotations.NullMarked;
