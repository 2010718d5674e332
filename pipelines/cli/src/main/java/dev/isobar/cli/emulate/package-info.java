/**
 * The emulators of a cloud on this machine, as one process that starts the others: starting it, finding it again, ending it. What an emulator does is
 * nobody's business here; it is a jar with a main class and a small JSON file that says when it is ready.
 */
@NullMarked
package dev.isobar.cli.emulate;

import org.jspecify.annotations.NullMarked;
