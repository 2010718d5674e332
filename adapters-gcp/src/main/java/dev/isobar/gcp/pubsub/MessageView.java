package dev.isobar.gcp.pubsub;

import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.port.EventStream.EventView;
import java.util.Arrays;

/**
 * The one event that a reader shows, where it lies in its message. A message that somebody else wrote is shown too: its data is the payload, its id the id, its
 * ordering key the key, and both clocks are the time at which Pub/Sub took it.
 */
final class MessageView implements EventView {
    private final EventEnvelope.View envelope = new EventEnvelope.View();
    private byte[] data = new byte[0];
    private int start;
    private Place place = new Place("", 0, 0, "", -1, "");
    private boolean ours;

    /**
     * Shows another message.
     *
     * @param from where its event begins in the bytes; nothing of them is changed
     * @throws dev.isobar.error.IsobarException {@code CORRUPT}
     */
    void at(byte[] bytes, int from, Place at) {
        data = bytes;
        start = from;
        place = at;
        ours = EventEnvelope.isOurs(bytes, from, bytes.length);
        if (ours) {
            envelope.at(
                    bytes,
                    from,
                    bytes.length,
                    () -> "The message " + at.messageId() + " of partition " + at.partition());
        }
    }

    @Override
    public int partition() {
        return place.partition();
    }

    @Override
    public Position position() {
        return place.position();
    }

    @Override
    public String id() {
        return ours ? envelope.id() : place.messageId();
    }

    @Override
    public String key() {
        return ours ? envelope.key() : Partitions.orderingKey(place.partition());
    }

    @Override
    public long eventTime() {
        return ours ? envelope.eventTime() : place.published();
    }

    @Override
    public long availableTime() {
        return ours ? envelope.availableTime() : place.published();
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
            codec.decode(data, start, data.length, into);
        }
    }

    @Override
    public Event event() {
        return ours
                ? envelope.event()
                : Event.insert(
                        id(),
                        key(),
                        place.published(),
                        place.published(),
                        "",
                        Arrays.copyOfRange(data, start, data.length));
    }
}
