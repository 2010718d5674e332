package dev.isobar.runtime.stream;

import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.FeatureKernel;
import dev.isobar.port.EventStream.EventView;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One partition's events that were read and not taken yet, in log order. Its rows are decoded from the log's bytes and used again: what the head shows is valid until the
 * queue is offered more. Not thread safe.
 */
final class PartitionQueue {
    private static final int FIRST_CAPACITY = 64;
    private static final int AT_ONCE = 64;

    private final SourceStream source;
    private final int partition;
    private final RowCodec codec;
    private Row[] rows = new Row[0];
    private long[] eventTimes = new long[0];
    private long[] availableTimes = new long[0];
    private Position[] positions = new Position[0];
    private @Nullable String[] ids = new @Nullable String[0];
    private @Nullable String[] keys = new @Nullable String[0];
    private @Nullable Unreadable[] unreadable = new @Nullable Unreadable[0];
    private int head;
    private int size;
    /** So many from the head on were announced. */
    private int announced;

    private @Nullable Position taken;
    private boolean bounded;
    private @Nullable Position bound;

    /** An event that is no row. */
    record Unreadable(Event event, String why) {}

    PartitionQueue(SourceStream source, int partition, RowCodec codec, @Nullable Position taken) {
        this.source = source;
        this.partition = partition;
        this.codec = codec;
        this.taken = taken;
    }

    SourceStream source() {
        return source;
    }

    int partition() {
        return partition;
    }

    int size() {
        return size;
    }

    /** The place of the event that was taken last; null before the first. */
    @Nullable
    Position taken() {
        return taken;
    }

    /** Hands out nothing behind this place until {@link #unbind}; null for nothing at all. */
    void bind(@Nullable Position upTo) {
        bounded = true;
        bound = upTo;
    }

    void unbind() {
        bounded = false;
        bound = null;
    }

    /** Whether the bound has been reached. */
    boolean isDone() {
        Position upTo = bound;
        return bounded && (upTo == null || taken != null && upTo.equals(taken));
    }

    void offer(EventView event) {
        if (size == rows.length) {
            grow();
        }
        int at = head + size & rows.length - 1;
        Row row = rows[at];
        eventTimes[at] = event.eventTime();
        availableTimes[at] = event.availableTime();
        positions[at] = event.position();
        if (source.texts()) {
            ids[at] = event.id();
            keys[at] = event.key();
        }
        unreadable[at] = null;
        try {
            if (event.operation() == Operation.INSERT) {
                event.decode(codec, row);
            } else {
                unreadable[at] = new Unreadable(event.event(), "the operation is " + event.operation());
            }
        } catch (IllegalArgumentException e) {
            unreadable[at] = new Unreadable(event.event(), String.valueOf(e.getMessage()));
        }
        size++;
    }

    private void grow() {
        int capacity = Math.max(FIRST_CAPACITY, 2 * rows.length);
        int had = rows.length;
        // From the head on, so that the ring begins at 0.
        rows = turned(rows, capacity);
        positions = turned(positions, capacity);
        ids = turned(ids, capacity);
        keys = turned(keys, capacity);
        unreadable = turned(unreadable, capacity);
        eventTimes = turned(eventTimes, capacity);
        availableTimes = turned(availableTimes, capacity);
        head = 0;
        for (int i = had; i < capacity; i++) {
            rows[i] = new Row(codec.schema());
        }
    }

    private <T> T[] turned(T[] ring, int capacity) {
        T[] out = Arrays.copyOf(ring, capacity);
        System.arraycopy(ring, head, out, 0, ring.length - head);
        System.arraycopy(ring, 0, out, ring.length - head, head);
        return out;
    }

    private long[] turned(long[] ring, int capacity) {
        long[] out = new long[capacity];
        System.arraycopy(ring, head, out, 0, ring.length - head);
        System.arraycopy(ring, 0, out, ring.length - head, head);
        return out;
    }

    /** Lets the kernel know which events come next. */
    void announce(FeatureKernel kernel) {
        if (announced > 0) {
            return;
        }
        announced = Math.min(size, AT_ONCE);
        for (int i = 0; i < announced; i++) {
            int at = head + i & rows.length - 1;
            if (unreadable[at] == null) {
                source.expect(kernel, rows[at]);
            }
        }
        kernel.fetch();
    }

    Row row() {
        return rows[head];
    }

    long eventTime() {
        return eventTimes[head];
    }

    long availableTime() {
        return availableTimes[head];
    }

    Position position() {
        return positions[head];
    }

    /** The event's id; empty where the source makes no texts. */
    String id() {
        String id = ids[head];
        return id == null ? "" : id;
    }

    /** The event's key; empty where the source makes no texts. */
    String key() {
        String key = keys[head];
        return key == null ? "" : key;
    }

    /** Why the event is no row; null if it is one. */
    @Nullable
    Unreadable unreadable() {
        return unreadable[head];
    }

    /** Whether the event behind the head is available at this time. */
    boolean secondIsAt(long available) {
        return size > 1 && availableTimes[head + 1 & rows.length - 1] == available;
    }

    void take() {
        taken = positions[head];
        head = head + 1 & rows.length - 1;
        size--;
        announced--;
    }
}
