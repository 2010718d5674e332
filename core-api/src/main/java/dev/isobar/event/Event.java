package dev.isobar.event;

import java.util.Arrays;
import java.util.Map;

/**
 * The envelope every record travels in. Both clocks are inside it, so that the same recording means the same values everywhere.
 *
 * @param id unique within its stream
 * @param key the entity this event is about; order is kept per key. Composite keys are joined by U+001F
 * @param eventTime when it happened, microseconds since the epoch
 * @param availableTime when it could first be known, microseconds since the epoch
 * @param schemaId which schema the payload follows
 * @param operation what it does to the record of its id
 * @param headers trace context and the like; never part of identity
 * @param payload canonical bytes of the row, see {@link RowCodec}; not copied, must not be changed
 * @since 0.1
 */
public record Event(
        String id,
        String key,
        long eventTime,
        long availableTime,
        String schemaId,
        Operation operation,
        Map<String, String> headers,
        byte[] payload) {

    /** A plain insert without headers. */
    public static Event insert(
            String id, String key, long eventTime, long availableTime, String schemaId, byte[] payload) {
        return new Event(id, key, eventTime, availableTime, schemaId, Operation.INSERT, Map.of(), payload);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Event e
                && id.equals(e.id)
                && key.equals(e.key)
                && eventTime == e.eventTime
                && availableTime == e.availableTime
                && schemaId.equals(e.schemaId)
                && operation == e.operation
                && headers.equals(e.headers)
                && Arrays.equals(payload, e.payload);
    }

    @Override
    public int hashCode() {
        return id.hashCode() * 31 + Long.hashCode(eventTime);
    }

    @Override
    public String toString() {
        return "Event[" + id + " key=" + key + " at=" + RowText.instant(eventTime) + " known="
                + RowText.instant(availableTime) + "]";
    }
}
