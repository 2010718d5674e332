/**
 * Processes on this machine: those that stand in for containers, by the image table, and those that other people wrote; they are started, heard, stopped, none
 * outlives its emulator, and ports are found for them. Nothing of a cloud may come in.
 */
@NullMarked
package dev.isobar.emulation.process;

import org.jspecify.annotations.NullMarked;
