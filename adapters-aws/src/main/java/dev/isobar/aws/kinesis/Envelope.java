package dev.isobar.aws.kinesis;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.Operation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * How one event stands in the data of a Kinesis record. Big endian; a text is its length in bytes (4) and UTF-8:
 *
 * <pre>
 * 'I' 'S' 'O' · version 1 · CRC-32C of all that follows 4 · operation 1 (0 insert, 1 correct, 2 retract)
 * event time 8 · available time 8 (both microseconds since the epoch)
 * id text · key text · schema id text · headers 4, then name text and value text each · payload to the end
 * </pre>
 *
 * The payload is the canonical bytes of a row, see {@link dev.isobar.event.RowCodec}. Data without these first three bytes is somebody else's record.
 */
final class Envelope {
    static final int CRC_AT = 4;
    static final int BODY_AT = 8;
    static final int EVENT_TIME_AT = BODY_AT + 1;
    static final int AVAILABLE_TIME_AT = EVENT_TIME_AT + 8;
    static final int TEXTS_AT = AVAILABLE_TIME_AT + 8;
    private static final int MAGIC = 'I' << 24 | 'S' << 16 | 'O' << 8;
    private static final int VERSION = 1;

    private Envelope() {}

    /** The bytes of an event. */
    static byte[] encode(Event e) {
        byte[] id = utf8(e.id());
        byte[] key = utf8(e.key());
        byte[] schema = utf8(e.schemaId());
        byte[][] headers = headers(e.headers());
        int size = TEXTS_AT + 16 + id.length + key.length + schema.length + e.payload().length;
        for (byte[] text : headers) {
            size += 4 + text.length;
        }
        byte[] bytes = new byte[size];
        ByteBuffer out = ByteBuffer.wrap(bytes);
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
        return out.putInt(CRC_AT, crc(bytes, BODY_AT, size)).array();
    }

    /** Whether data from this place on claims to be an envelope. */
    static boolean isOurs(byte[] data, int from, int to) {
        return to - from >= TEXTS_AT && data[from] == 'I' && data[from + 1] == 'S' && data[from + 2] == 'O';
    }

    /** Throws {@code CORRUPT} unless the checksum fits and the version is known. */
    static void check(byte[] data, int from, int to, String where) {
        int version = data[from + 3];
        if (version != VERSION) {
            throw IsobarException.of(ErrorCode.CORRUPT, where + " has the unknown form " + version)
                    .hint("It was written by a newer Isobar; use that one.")
                    .build();
        }
        if (ByteBuffer.wrap(data).getInt(from + CRC_AT) != crc(data, from + BODY_AT, to)) {
            throw IsobarException.of(ErrorCode.CORRUPT, where + " does not match its checksum")
                    .hint("Start a reader behind this position to go on without it.")
                    .build();
        }
    }

    static Operation operation(byte code) {
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
            return new byte[0][];
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

    private static void text(ByteBuffer out, byte[] utf8) {
        out.putInt(utf8.length).put(utf8);
    }
}
