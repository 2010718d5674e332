package dev.isobar.spec;

import dev.isobar.event.Field;
import dev.isobar.event.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream of events.
 *
 * @param source the source that feeds it
 * @param id the column whose text is the event's id
 * @param key the columns whose texts, joined by U+001F, are the event's key
 * @param eventTime the column with the event time
 * @param availableTime the column with the available time; null means stamped at ingest
 * @param allowedLatenessMicros an event with {@code available − event} beyond this is late
 * @param dedupHorizonMicros how far apart in available time two copies of an event may be and still be found
 * @since 0.1
 */
public record StreamSpec(
        String name,
        String source,
        List<ColumnSpec> columns,
        String id,
        List<String> key,
        String eventTime,
        @Nullable String availableTime,
        long allowedLatenessMicros,
        long dedupHorizonMicros) {
    public StreamSpec {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
    }

    /** The columns as a schema, in declaration order. */
    public Schema schema() {
        return Schema.of(columns.stream()
                .map(c -> new Field(c.name(), c.type(), c.nullable()))
                .toList());
    }
}
