package dev.isobar.port;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to start a trainer or a server: by the runtime's choice a command (for adapters that start processes) or an image. No adapter knows what is
 * inside.
 *
 * @param command program and arguments
 * @param environment variables added to the adapter's own
 * @param image a container image with digest, for adapters that run containers
 * @since 0.1
 */
public record Workload(
        List<String> command,
        Map<String, String> environment,
        @Nullable String image) {
    /** A command without an image. */
    public static Workload command(List<String> command, Map<String, String> environment) {
        return new Workload(List.copyOf(command), Map.copyOf(environment), null);
    }
}
