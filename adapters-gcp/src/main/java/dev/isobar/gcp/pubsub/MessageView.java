package dev.isobar.gcp.pubsub;

import com.google.pubsub.v1.PubsubMessage;
import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.port.EventStream.EventView;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The one event that a reader shows, where it lies in its message. A message that somebody else wrote is shown too: its data is the payload, its id the id, its
 * ordering key the key, and both clocks are the time at which Pub/Sub took it.
 */
final class MessageView implements EventView {
    private final EventEnvelope.View envelope = new EventEnvelope.View();
    private byte[] data = new byte[0];
    private int start;
    private final String generation;
    private PubsubMessage message = PubsubMessage.getDefaultInstance();
    private int partition;
    private @Nullable Stamp stamp;
    private boolean ours;

    /** Of one generation of a stream. */
    MessageView(String generation) {
        this.generation = generation;
    }

    /**
     * Shows another message.
     *
     * @param bytes its data; nothing of them is changed
     * @param stamped null for somebody else's
     * @throws dev.isobar.error.IsobarException {@code CORRUPT}
     */
    void at(PubsubMessage shown, int in, byte[] bytes, @Nullable Stamp stamped) {
        message = shown;
        partition = in;
        data = bytes;
        stamp = stamped;
        start = stamped == null ? 0 : Stamp.BYTES;
        ours = EventEnvelope.isOurs(bytes, start, bytes.length);
        if (ours) {
            envelope.at(
                    bytes,
                    start,
                    bytes.length,
                    () -> "The message " + message.getMessageId() + " of partition " + partition);
        }
    }

    @Override
    public int partition() {
        return partition;
    }

    @Override
    public Position position() {
        return Place.of(generation, partition, message, stamp).position();
    }

    @Override
    public String id() {
        return ours ? envelope.id() : message.getMessageId();
    }

    @Override
    public String key() {
        return ours ? envelope.key() : Partitions.orderingKey(partition);
    }

    @Override
    public long eventTime() {
        return ours ? envelope.eventTime() : Place.published(message);
    }

    @Override
    public long availableTime() {
        return ours ? envelope.availableTime() : Place.published(message);
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
                        id(), key(), eventTime(), availableTime(), "", Arrays.copyOfRange(data, start, data.length));
    }
}
