package dev.isobar.local.process;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process to start. Immutable.
 *
 * @param kind one word: {@code supervisor}, {@code replica}, {@code trainer}
 * @param name what a person calls it
 * @param command program and arguments
 * @param environment variables added to this process's own
 * @param directory where it starts
 * @param log file that its output is appended to
 * @param details what its owner wants to find with it again
 * @since 0.1
 */
public record Launch(
        String kind,
        String name,
        List<String> command,
        Map<String, String> environment,
        Path directory,
        Path log,
        Map<String, String> details) {
    public Launch {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        details = Map.copyOf(details);
    }
}
