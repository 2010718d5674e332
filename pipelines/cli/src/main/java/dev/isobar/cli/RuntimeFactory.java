package dev.isobar.cli;

import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.Target;
import java.nio.file.Path;

/** Opens the runtime on a target: the one door from the command line to what it commands. */
@FunctionalInterface
interface RuntimeFactory {
    /**
     * Opens it.
     *
     * @param home ISOBAR_HOME
     */
    Isobar open(Target target, Path home, Programs programs);
}
