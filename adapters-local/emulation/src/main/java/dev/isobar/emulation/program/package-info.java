/**
 * A cloud's emulators as a program: its arguments, the ports that it had the last time, the file that says when everything answers. Nothing of a cloud may come in.
 */
@NullMarked
package dev.isobar.emulation.program;

import org.jspecify.annotations.NullMarked;
