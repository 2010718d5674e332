/**
 * Processes that stand in for containers: they are started, heard, stopped, none outlives the emulator, and ports are found for them. Nothing of a service may come in.
 */
@NullMarked
package dev.isobar.emulator.aws.process;

import org.jspecify.annotations.NullMarked;
