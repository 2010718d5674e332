package dev.isobar.runtime.stream;

import dev.isobar.event.Event;
import dev.isobar.event.Position;
import org.jspecify.annotations.Nullable;

/**
 * An event that did not become a part of the state, for the side output. After a restart those behind the last checkpoint are handed out again: stream, partition and
 * position name each.
 *
 * @param event its original bytes; null where they are a row of the schema, and {@code id} is enough to find them
 * @since 0.1
 */
public record Rejected(
        String stream,
        int partition,
        Position position,
        String id,
        Reason reason,
        String detail,
        @Nullable Event event) {
    /** Why. */
    public enum Reason {
        /** Beyond the stream's allowed lateness. */
        LATE,
        /** Not a row of the schema, or not an insert. */
        UNREADABLE,
        /** Another event with this id goes before it. */
        CONFLICTING_PAYLOAD,
        /** It stood in the log behind events that became available later: its writer broke the order, or a partition was given up as idle. */
        BEHIND_FRONTIER
    }
}
