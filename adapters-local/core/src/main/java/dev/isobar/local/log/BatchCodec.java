package dev.isobar.local.log;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.local.file.Bytes;
import dev.isobar.port.EventStream.EventSink;
import dev.isobar.port.EventStream.EventView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A frame's payload: the events of one request that go to one partition.
 *
 * <pre>
 * producer text · first sequence 8 · end sequence 8 · latest available time 8 · events 4
 * then per event: length 4 · alive 1 · event time 8 · available time 8 · operation 1 · id · key · schema id · headers · payload
 * </pre>
 *
 * The range [first, end) says: every event of that range which belongs to this partition is in this frame (or was refused). An erased event keeps its
 * length and its place, but all its bytes are zero. Not thread safe: it remembers the last schema id.
 */
final class BatchCodec {
    static final int ALIVE_AT = 4;
    private byte[] lastSchemaBytes = new byte[0];
    private String lastSchema = "";
    private final View view = new View();

    /** What stands before the events. */
    record Head(String producer, long first, long end, long latestAvailable, int events) {}

    /** Where in the payload the counters of an open batch are. */
    record OpenBatch(int start, int latestAt) {}

    static OpenBatch begin(Bytes out, String producer, long first) {
        int start = out.length();
        out.putText(producer).putLong(first);
        int at = out.length();
        out.putLong(0).putLong(Long.MIN_VALUE).putInt(0);
        return new OpenBatch(start, at);
    }

    static void end(Bytes out, OpenBatch batch, long end, long latestAvailable, int events) {
        out.setLong(batch.latestAt(), end);
        out.setLong(batch.latestAt() + 8, latestAvailable);
        out.setInt(batch.latestAt() + 16, events);
    }

    /** Adds an event; returns how many bytes it takes. */
    static int add(Bytes out, Event e) {
        int start = out.length();
        out.putInt(0).put(1).putLong(e.eventTime()).putLong(e.availableTime()).put(code(e.operation()));
        out.putText(e.id()).putText(e.key()).putText(e.schemaId());
        out.putInt(e.headers().size());
        if (!e.headers().isEmpty()) {
            new TreeMap<>(e.headers()).forEach((k, v) -> out.putText(k).putText(v));
        }
        out.putBytes(e.payload());
        int bytes = out.length() - start;
        out.setInt(start, bytes - 4);
        return bytes;
    }

    static Head head(ByteBuffer in) {
        return new Head(Bytes.text(in), in.getLong(), in.getLong(), in.getLong(), in.getInt());
    }

    /** Whether the event that begins here has not been erased. */
    static boolean alive(ByteBuffer in) {
        return in.get(in.position() + ALIVE_AT) != 0;
    }

    static void skip(ByteBuffer in) {
        in.position(in.position() + 4 + in.getInt(in.position()));
    }

    /** Only the available time of the event that begins here; does not move. */
    static long availableTime(ByteBuffer in) {
        return in.getLong(in.position() + ALIVE_AT + 1 + 8);
    }

    /** Whether the event that begins here has this key; does not move. */
    static boolean hasKey(ByteBuffer in, byte[] key) {
        int id = in.position() + ALIVE_AT + 1 + 8 + 8 + 1;
        int at = id + 4 + in.getInt(id);
        int length = in.getInt(at);
        int from = in.arrayOffset() + at + 4;
        return length == key.length && Arrays.equals(in.array(), from, from + length, key, 0, length);
    }

    /** Zeroes the event that begins here, keeps its length, and moves behind it. */
    static void wipe(ByteBuffer in) {
        int from = in.arrayOffset() + in.position() + ALIVE_AT;
        int length = in.getInt(in.position());
        Arrays.fill(in.array(), from, from + length, (byte) 0);
        in.position(in.position() + 4 + length);
    }

    /** Reads the event that begins here and moves behind it. */
    Event read(ByteBuffer in) {
        in.position(in.position() + 5);
        long eventTime = in.getLong();
        long availableTime = in.getLong();
        Operation operation = operation(in.get());
        String id = Bytes.text(in);
        String key = Bytes.text(in);
        String schema = schema(in);
        int headers = in.getInt();
        Map<String, String> map = Map.of();
        if (headers > 0) {
            map = new LinkedHashMap<>();
            for (int i = 0; i < headers; i++) {
                map.put(Bytes.text(in), Bytes.text(in));
            }
        }
        return new Event(id, key, eventTime, availableTime, schema, operation, map, Bytes.bytes(in));
    }

    /** Shows the event that begins here to a sink and moves behind it. */
    void show(ByteBuffer in, int partition, long frame, int index, EventSink into) {
        int start = in.position();
        view.at(in, start, partition, frame, index);
        into.take(view);
        in.position(start + 4 + in.getInt(start));
    }

    /** The one event that is shown, where it lies in the frame. */
    private final class View implements EventView {
        private static final int TIMES_AT = ALIVE_AT + 1;
        private static final int OPERATION_AT = TIMES_AT + 16;
        private static final int ID_AT = OPERATION_AT + 1;

        private ByteBuffer in = ByteBuffer.allocate(0);
        private int start;
        private int partition;
        private long frame;
        private int index;

        void at(ByteBuffer buffer, int begin, int ofPartition, long ofFrame, int ofIndex) {
            in = buffer;
            start = begin;
            partition = ofPartition;
            frame = ofFrame;
            index = ofIndex;
        }

        @Override
        public int partition() {
            return partition;
        }

        @Override
        public Position position() {
            return Position.of(frame, index);
        }

        @Override
        public String id() {
            return text(start + ID_AT);
        }

        @Override
        public String key() {
            return text(behind(start + ID_AT));
        }

        @Override
        public long eventTime() {
            return in.getLong(start + TIMES_AT);
        }

        @Override
        public long availableTime() {
            return in.getLong(start + TIMES_AT + 8);
        }

        @Override
        public Operation operation() {
            return BatchCodec.operation(in.get(start + OPERATION_AT));
        }

        @Override
        public void decode(RowCodec codec, Row into) {
            int headers = behind(behind(behind(start + ID_AT)));
            int at = headers + 4;
            for (int left = 2 * in.getInt(headers); left > 0; left--) {
                at = behind(at);
            }
            codec.decode(in.array(), in.arrayOffset() + at + 4, in.getInt(at), into);
        }

        @Override
        public Event event() {
            return read(in.duplicate().position(start));
        }

        /** Where the bytes behind a length end. */
        private int behind(int length) {
            return length + 4 + in.getInt(length);
        }

        private String text(int length) {
            return new String(in.array(), in.arrayOffset() + length + 4, in.getInt(length), StandardCharsets.UTF_8);
        }
    }

    /** What is on disk is decided here, not by the order of an enum. */
    private static int code(Operation operation) {
        return switch (operation) {
            case INSERT -> 0;
            case CORRECT -> 1;
            case RETRACT -> 2;
        };
    }

    private static Operation operation(byte code) {
        return switch (code) {
            case 0 -> Operation.INSERT;
            case 1 -> Operation.CORRECT;
            case 2 -> Operation.RETRACT;
            default ->
                throw IsobarException.of(ErrorCode.CORRUPT, "An event has the unknown operation " + code)
                        .hint("It was written by a newer Isobar; use that one.")
                        .build();
        };
    }

    /** Nearly all events of a stream follow one schema: one string for all of them. */
    private String schema(ByteBuffer in) {
        int n = in.getInt();
        int from = in.arrayOffset() + in.position();
        in.position(in.position() + n);
        if (!Arrays.equals(in.array(), from, from + n, lastSchemaBytes, 0, lastSchemaBytes.length)) {
            lastSchemaBytes = Arrays.copyOfRange(in.array(), from, from + n);
            lastSchema = new String(lastSchemaBytes, StandardCharsets.UTF_8);
        }
        return lastSchema;
    }
}
