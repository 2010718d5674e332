package dev.isobar.aws.kinesis;

import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.port.EventStream.EventView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The one event that a reader shows, where it lies in its record. A record that somebody else wrote is shown too: its bytes are the payload, its
 * partition key the key, its place the id, and both clocks are the provider's arrival stamp.
 */
final class RecordView implements EventView {
    private byte[] data = new byte[0];
    private ByteBuffer in = ByteBuffer.wrap(data);
    private int from;
    private int to;
    private int partition;
    private Place place = new Place("0", 0);
    private boolean ours;
    private String foreignKey = "";
    private long arrival;
    private byte[] lastSchemaBytes = new byte[0];
    private String lastSchema = "";

    /** Shows other bytes; {@code arrival} and {@code partitionKey} count for a foreign record only. Throws {@code CORRUPT}. */
    void at(byte[] bytes, int begin, int end, int ofPartition, Place at, String partitionKey, long arrivalMicros) {
        if (bytes != data) {
            data = bytes;
            in = ByteBuffer.wrap(bytes);
        }
        from = begin;
        to = end;
        partition = ofPartition;
        place = at;
        foreignKey = partitionKey;
        arrival = arrivalMicros;
        ours = Envelope.isOurs(bytes, begin, end);
        if (ours) {
            Envelope.check(bytes, begin, end, "The event at " + at.position().token() + " of partition " + ofPartition);
        }
    }

    @Override
    public int partition() {
        return partition;
    }

    @Override
    public Position position() {
        return place.position();
    }

    @Override
    public String id() {
        return ours
                ? text(from + Envelope.TEXTS_AT)
                : partition + "/" + place.position().token();
    }

    @Override
    public String key() {
        return ours ? text(behind(from + Envelope.TEXTS_AT)) : foreignKey;
    }

    @Override
    public long eventTime() {
        return ours ? in.getLong(from + Envelope.EVENT_TIME_AT) : arrival;
    }

    @Override
    public long availableTime() {
        return ours ? in.getLong(from + Envelope.AVAILABLE_TIME_AT) : arrival;
    }

    @Override
    public Operation operation() {
        return ours ? Envelope.operation(data[from + Envelope.BODY_AT]) : Operation.INSERT;
    }

    @Override
    public void decode(RowCodec codec, Row into) {
        int payload = ours ? payloadAt(headersAt()) : from;
        codec.decode(data, payload, to - payload, into);
    }

    @Override
    public Event event() {
        if (!ours) {
            return Event.insert(id(), foreignKey, arrival, arrival, "", Arrays.copyOfRange(data, from, to));
        }
        int id = from + Envelope.TEXTS_AT;
        int key = behind(id);
        int schema = behind(key);
        int headers = behind(schema);
        return new Event(
                text(id),
                text(key),
                eventTime(),
                availableTime(),
                schema(schema),
                operation(),
                headers(headers),
                Arrays.copyOfRange(data, payloadAt(headers), to));
    }

    private int headersAt() {
        return behind(behind(behind(from + Envelope.TEXTS_AT)));
    }

    private int payloadAt(int headers) {
        int at = headers + 4;
        for (int left = 2 * in.getInt(headers); left > 0; left--) {
            at = behind(at);
        }
        return at;
    }

    private Map<String, String> headers(int at) {
        int count = in.getInt(at);
        if (count == 0) {
            return Map.of();
        }
        Map<String, String> headers = new LinkedHashMap<>();
        int next = at + 4;
        for (int i = 0; i < count; i++) {
            int value = behind(next);
            headers.put(text(next), text(value));
            next = behind(value);
        }
        return headers;
    }

    /** Where the bytes behind a length end. */
    private int behind(int length) {
        return length + 4 + in.getInt(length);
    }

    private String text(int length) {
        return new String(data, length + 4, in.getInt(length), StandardCharsets.UTF_8);
    }

    /** Nearly all events of a stream follow one schema: one string for all of them. */
    private String schema(int length) {
        int begin = length + 4;
        int end = behind(length);
        if (!Arrays.equals(data, begin, end, lastSchemaBytes, 0, lastSchemaBytes.length)) {
            lastSchemaBytes = Arrays.copyOfRange(data, begin, end);
            lastSchema = new String(lastSchemaBytes, StandardCharsets.UTF_8);
        }
        return lastSchema;
    }
}
