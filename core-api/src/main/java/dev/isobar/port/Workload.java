package dev.isobar.port;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to start a trainer or a server: by the runtime's choice a command (for adapters that start processes) or an image. No adapter knows what is
 * inside.
 *
 * @param command program and arguments; with an image only arguments for its entry point, often none
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

    /** An image that is started as it is. */
    public static Workload image(String image, Map<String, String> environment) {
        return new Workload(List.of(), Map.copyOf(environment), image);
    }

    /** The same with more variables; they win over those of the same name. */
    public Workload with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(environment);
        all.putAll(more);
        return new Workload(command, Map.copyOf(all), image);
    }
}
