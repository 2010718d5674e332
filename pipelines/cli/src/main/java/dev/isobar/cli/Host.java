package dev.isobar.cli;

import dev.isobar.cli.install.Installation;
import dev.isobar.cli.print.Terminal;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The world around one command, so that a test can be one. Immutable.
 *
 * @param out standard output: answers
 * @param err standard error: progress and messages
 * @param outTerminal what {@code out} can show
 * @param errTerminal what {@code err} can show
 * @param environment variables by name, null for one that is not set
 * @param cwd what relative paths of the command line are relative to
 */
record Host(
        Installation installation,
        PrintStream out,
        PrintStream err,
        Terminal outTerminal,
        Terminal errTerminal,
        Function<String, @Nullable String> environment,
        Path cwd,
        RuntimeFactory runtime) {}
