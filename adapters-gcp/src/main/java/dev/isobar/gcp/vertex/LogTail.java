package dev.isobar.gcp.vertex;

import com.google.logging.v2.ListLogEntriesRequest;
import com.google.logging.v2.LogEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Lines that containers wrote, from Cloud Logging. Vertex AI writes each as a payload with a {@code message}. Thread safe.
 *
 * @see <a href="https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list">entries.list</a>
 */
final class LogTail {
    // entries.list gives at most 1,000 a page.
    private static final int PAGE = 1_000;

    private final Vertex vertex;

    LogTail(Vertex vertex) {
        this.vertex = vertex;
    }

    /** Lines from one on, oldest first. */
    List<String> read(String filter, int from, int limit) {
        List<String> lines = new ArrayList<>();
        int at = 0;
        if (limit == 0) {
            return List.of();
        }
        for (LogEntry entry : entries(filter, "timestamp asc", PAGE)) {
            if (at++ < from) {
                continue;
            }
            lines.add(text(entry));
            if (lines.size() == limit) {
                break;
            }
        }
        return List.copyOf(lines);
    }

    /** The last lines, oldest first. */
    List<String> last(String filter, int limit) {
        List<String> lines = new ArrayList<>();
        if (limit == 0) {
            return List.of();
        }
        for (LogEntry entry : entries(filter, "timestamp desc", Math.min(limit, PAGE))) {
            lines.add(text(entry));
            if (lines.size() == limit) {
                break;
            }
        }
        Collections.reverse(lines);
        return List.copyOf(lines);
    }

    private Iterable<LogEntry> entries(String filter, String order, int page) {
        return vertex.logging()
                .listLogEntries(ListLogEntriesRequest.newBuilder()
                        .addResourceNames("projects/" + vertex.project())
                        .setFilter(filter)
                        .setOrderBy(order)
                        .setPageSize(page)
                        .build())
                .iterateAll();
    }

    private static String text(LogEntry entry) {
        return switch (entry.getPayloadCase()) {
            case TEXT_PAYLOAD -> entry.getTextPayload();
            case JSON_PAYLOAD ->
                entry.getJsonPayload()
                        .getFieldsOrDefault("message", com.google.protobuf.Value.getDefaultInstance())
                        .getStringValue();
            case PROTO_PAYLOAD, PAYLOAD_NOT_SET -> "";
        };
    }
}
