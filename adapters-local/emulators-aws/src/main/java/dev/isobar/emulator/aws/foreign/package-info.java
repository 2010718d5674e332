/**
 * Emulators that other people wrote, as processes on ports of 127.0.0.1: where their files lie, how each one is started and when it is ready. Nothing that we
 * emulate ourselves may live here.
 *
 * <p>The program starts DynamoDB local only. kinesis-local and moto judge the adapter and our own emulators in tests of other modules, where they are installed;
 * they are started as it is, so they are here and not in a second artifact of four small files.
 */
@NullMarked
package dev.isobar.emulator.aws.foreign;

import org.jspecify.annotations.NullMarked;
