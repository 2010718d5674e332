package dev.isobar.emulator.aws.kinesis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Messages of {@code application/vnd.amazon.eventstream}: total length, length of the headers, CRC-32 of both, headers, payload, CRC-32 of all before.
 *
 * @see <a href="https://smithy.io/2.0/aws/amazon-eventstream.html">the format</a>
 */
final class EventMessage {
    static final String CONTENT_TYPE = "application/vnd.amazon.eventstream";

    private static final int PRELUDE = 12;
    private static final int TRAILER = 4;
    private static final byte STRING = 7;

    private EventMessage() {}

    /** An event. */
    static byte[] event(String type, Format format, byte[] payload) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(":message-type", "event");
        headers.put(":event-type", type);
        headers.put(":content-type", format.contentType());
        return of(headers, payload);
    }

    /** The last message of a stream that fails. */
    static byte[] exception(String type, Format format, byte[] payload) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put(":message-type", "exception");
        headers.put(":exception-type", type);
        headers.put(":content-type", format.contentType());
        return of(headers, payload);
    }

    private static byte[] of(Map<String, String> headers, byte[] payload) {
        int length = headers.entrySet().stream()
                .mapToInt(h -> 1 + bytes(h.getKey()).length + 1 + 2 + bytes(h.getValue()).length)
                .sum();
        byte[] message = new byte[PRELUDE + length + payload.length + TRAILER];
        ByteBuffer out = ByteBuffer.wrap(message).putInt(message.length).putInt(length);
        out.putInt(crc(message, PRELUDE - TRAILER));
        headers.forEach((name, value) -> out.put((byte) bytes(name).length)
                .put(bytes(name))
                .put(STRING)
                .putShort((short) bytes(value).length)
                .put(bytes(value)));
        out.put(payload);
        out.putInt(crc(message, message.length - TRAILER));
        return message;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static int crc(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
