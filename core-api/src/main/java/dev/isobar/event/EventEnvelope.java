package dev.isobar.event;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * How one event stands in the bytes that a stream's service carries for it. Big endian; a text is its length in bytes (4) and UTF-8:
 *
 * <pre>
 * 'I' 'S' 'O' · version 1 · CRC-32C of all that follows 4 · operation 1 (0 insert, 1 correct, 2 retract)
 * event time 8 · available time 8 (both microseconds since the epoch)
 * id text · key text · schema id text · headers 4, then name text and value text each · payload to the end
 * </pre>
 *
 * The payload is the canonical bytes of a row, see {@link RowCodec}. Data without these first three bytes is somebody else's.
 *
 * @since 0.1
 */
public final class EventEnvelope {
    private static final int CRC_AT = 4;
    private static final int BODY_AT = 8;
    private static final int EVENT_TIME_AT = BODY_AT + 1;
    private static final int AVAILABLE_TIME_AT = EVENT_TIME_AT + 8;
    private static final int TEXTS_AT = AVAILABLE_TIME_AT + 8;
    private static final int MAGIC = 'I' << 24 | 'S' << 16 | 'O' << 8;
    private static final int VERSION = 1;
    private static final byte[][] NO_TEXTS = new byte[0][];

    /** The schema that was written last, by whichever thread: nearly always the next one's too. */
    private static SchemaText lastSchema = new SchemaText("", new byte[0]);

    private record SchemaText(String text, byte[] utf8) {}

    private EventEnvelope() {}

    /** The bytes of an event. */
    public static byte[] encode(Event e) {
        return encode(e, 0);
    }

    /**
     * Refuses events that a service would not take, before any is sent.
     *
     * @param most bytes of an event
     * @throws IsobarException {@code INVALID_ARGUMENT} for the first that takes more
     */
    public static void requireAtMost(long most, List<Event> events) {
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            // Most are small enough by their texts' lengths alone.
            if (atMost(event) > most) {
                int bytes = encode(event).length;
                if (bytes > most) {
                    throw IsobarException.of(
                                    ErrorCode.INVALID_ARGUMENT,
                                    "Event " + i + " (id " + event.id() + ") takes " + bytes + " bytes, more than "
                                            + most)
                            .hint("Put the payload into the lake and its reference into the event.")
                            .build();
                }
            }
        }
    }

    /** How many bytes an event takes at most, without making them: three for each character. */
    private static long atMost(Event e) {
        long size = TEXTS_AT
                + 16
                + 3L * (e.id().length() + e.key().length() + e.schemaId().length());
        for (Map.Entry<String, String> header : e.headers().entrySet()) {
            size += 8 + 3L * (header.getKey().length() + header.getValue().length());
        }
        return size + e.payload().length;
    }

    /**
     * The bytes of an event behind room for something else.
     *
     * @param before bytes that are left free, and that the checksum does not cover
     */
    public static byte[] encode(Event e, int before) {
        byte[] id = utf8(e.id());
        byte[] key = utf8(e.key());
        byte[] schema = schema(e.schemaId());
        byte[][] headers = headers(e.headers());
        int size = before + TEXTS_AT + 16 + id.length + key.length + schema.length + e.payload().length;
        for (byte[] text : headers) {
            size += 4 + text.length;
        }
        byte[] bytes = new byte[size];
        ByteBuffer out = ByteBuffer.wrap(bytes).position(before);
        out.putInt(MAGIC | VERSION).putInt(0).put(code(e.operation()));
        out.putLong(e.eventTime()).putLong(e.availableTime());
        text(out, id);
        text(out, key);
        text(out, schema);
        out.putInt(headers.length / 2);
        for (byte[] text : headers) {
            text(out, text);
        }
        out.put(e.payload());
        return out.putInt(before + CRC_AT, crc(bytes, before + BODY_AT, size)).array();
    }

    /**
     * The key of an event that {@link #encode(Event, int)} has encoded, in UTF-8, where it lies.
     *
     * @param begin where the envelope begins
     */
    public static ByteBuffer key(byte[] bytes, int begin) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int key = begin + TEXTS_AT + 4 + in.getInt(begin + TEXTS_AT);
        return in.position(key + 4).limit(key + 4 + in.getInt(key));
    }

    /** Whether data from this place on claims to be an envelope. */
    public static boolean isOurs(byte[] data, int from, int to) {
        return to - from >= TEXTS_AT && data[from] == 'I' && data[from + 1] == 'S' && data[from + 2] == 'O';
    }

    /** Throws {@code CORRUPT} unless the checksum fits and the version is known. */
    private static void check(byte[] data, int from, int to, Supplier<String> where) {
        int version = data[from + 3];
        if (version != VERSION) {
            throw IsobarException.of(ErrorCode.CORRUPT, where.get() + " has the unknown form " + version)
                    .hint("It was written by a newer Isobar; use that one.")
                    .build();
        }
        if (ByteBuffer.wrap(data).getInt(from + CRC_AT) != crc(data, from + BODY_AT, to)) {
            throw IsobarException.of(ErrorCode.CORRUPT, where.get() + " does not match its checksum")
                    .hint("Start a reader behind this position to go on without it.")
                    .build();
        }
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

    /** What is stored is decided here, not by the order of an enum. */
    private static byte code(Operation operation) {
        return switch (operation) {
            case INSERT -> 0;
            case CORRECT -> 1;
            case RETRACT -> 2;
        };
    }

    private static byte[][] headers(Map<String, String> headers) {
        if (headers.isEmpty()) {
            return NO_TEXTS;
        }
        byte[][] texts = new byte[headers.size() * 2][];
        int n = 0;
        for (Map.Entry<String, String> header : new TreeMap<>(headers).entrySet()) {
            texts[n++] = utf8(header.getKey());
            texts[n++] = utf8(header.getValue());
        }
        return texts;
    }

    private static int crc(byte[] bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] schema(String text) {
        SchemaText last = lastSchema;
        if (!last.text.equals(text)) {
            last = new SchemaText(text, utf8(text));
            lastSchema = last;
        }
        return last.utf8;
    }

    private static void text(ByteBuffer out, byte[] utf8) {
        out.putInt(utf8.length).put(utf8);
    }

    /** One event where it lies in its bytes, without an object for each. Not thread safe. */
    public static final class View {
        private byte[] data = new byte[0];
        private ByteBuffer in = ByteBuffer.wrap(data);
        private int from;
        private int to;
        private byte[] lastSchemaBytes = new byte[0];
        private String lastSchema = "";

        /** Shows nothing yet. */
        public View() {}

        /**
         * Shows other bytes, which {@link #isOurs are an envelope}.
         *
         * @param where begins the sentence of an error: which event this is
         * @throws IsobarException {@code CORRUPT} unless the checksum fits and the version is known
         */
        public void at(byte[] bytes, int begin, int end, Supplier<String> where) {
            check(bytes, begin, end, where);
            if (bytes != data) {
                data = bytes;
                in = ByteBuffer.wrap(bytes);
            }
            from = begin;
            to = end;
        }

        /** {@link Event#id()}. */
        public String id() {
            return text(from + TEXTS_AT);
        }

        /** {@link Event#key()}. */
        public String key() {
            return text(behind(from + TEXTS_AT));
        }

        /** {@link Event#eventTime()}. */
        public long eventTime() {
            return in.getLong(from + EVENT_TIME_AT);
        }

        /** {@link Event#availableTime()}. */
        public long availableTime() {
            return in.getLong(from + AVAILABLE_TIME_AT);
        }

        /** {@link Event#operation()}. */
        public Operation operation() {
            return EventEnvelope.operation(data[from + BODY_AT]);
        }

        /** Reads the payload. */
        public void decode(RowCodec codec, Row into) {
            int payload = payloadAt(headersAt());
            codec.decode(data, payload, to - payload, into);
        }

        /** The whole event; may be kept. */
        public Event event() {
            int id = from + TEXTS_AT;
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
            return behind(behind(behind(from + TEXTS_AT)));
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
}
