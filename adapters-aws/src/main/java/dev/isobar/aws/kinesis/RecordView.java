package dev.isobar.aws.kinesis;

import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.port.EventStream.EventView;
import java.util.Arrays;

/**
 * The one event that a reader shows, where it lies in its record. A record that somebody else wrote is shown too: its bytes are the payload, its
 * partition key the key, its place the id, and both clocks are the provider's arrival stamp.
 */
final class RecordView implements EventView {
    private final EventEnvelope.View envelope = new EventEnvelope.View();
    private byte[] data = new byte[0];
    private int from;
    private int to;
    private int partition;
    private Place place = new Place("0", 0);
    private boolean ours;
    private String foreignKey = "";
    private long arrival;

    /** Shows other bytes; {@code arrival} and {@code partitionKey} count for a foreign record only. Throws {@code CORRUPT}. */
    void at(byte[] bytes, int begin, int end, int ofPartition, Place at, String partitionKey, long arrivalMicros) {
        data = bytes;
        from = begin;
        to = end;
        partition = ofPartition;
        place = at;
        foreignKey = partitionKey;
        arrival = arrivalMicros;
        ours = EventEnvelope.isOurs(bytes, begin, end);
        if (ours) {
            envelope.at(
                    bytes, begin, end, () -> "The event at " + at.position().token() + " of partition " + ofPartition);
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
        return ours ? envelope.id() : partition + "/" + place.position().token();
    }

    @Override
    public String key() {
        return ours ? envelope.key() : foreignKey;
    }

    @Override
    public long eventTime() {
        return ours ? envelope.eventTime() : arrival;
    }

    @Override
    public long availableTime() {
        return ours ? envelope.availableTime() : arrival;
    }

    @Override
    public Operation operation() {
        return ours ? envelope.operation() : Operation.INSERT;
    }

    @Override
    public void decode(RowCodec codec, Row into) {
        if (ours) {
            envelope.decode(codec, into);
        } else {
            codec.decode(data, from, to - from, into);
        }
    }

    @Override
    public Event event() {
        return ours
                ? envelope.event()
                : Event.insert(id(), foreignKey, arrival, arrival, "", Arrays.copyOfRange(data, from, to));
    }
}
