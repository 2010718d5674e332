package dev.isobar.local.process;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A line of the process table. Immutable.
 *
 * @param tag unique; the process carries it in its environment
 * @param kind one word: {@code supervisor}, {@code replica}, {@code trainer}
 * @param name what a person calls it
 * @param log file that its output goes to
 * @param details what its owner wants to find with it again
 * @param starter who wrote the intent; while it lives, it will complete or remove it
 * @param intendedAt milliseconds since 1970
 * @param process the process; null as long as it is only intended
 * @since 0.1
 */
public record ProcessRecord(
        String tag,
        String kind,
        String name,
        String log,
        Map<String, String> details,
        ProcessIdentity starter,
        long intendedAt,
        @Nullable ProcessIdentity process) {
    /** Whether the process runs. */
    public boolean alive() {
        return process != null && process.alive();
    }

    /** A detail, or the empty text. */
    public String detail(String key) {
        return details.getOrDefault(key, "");
    }

    ProcessRecord with(@Nullable ProcessIdentity identity) {
        return new ProcessRecord(tag, kind, name, log, details, starter, intendedAt, identity);
    }
}
