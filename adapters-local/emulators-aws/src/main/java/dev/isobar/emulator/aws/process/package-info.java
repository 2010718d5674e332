/**
 * Processes that stand in for containers: they are started, heard, stopped, and none outlives the emulator. Nothing of a service may come in.
 */
@NullMarked
package dev.isobar.emulator.aws.process;

import org.jspecify.annotations.NullMarked;
