package dev.isobar.benchmarks.layer;

import dev.isobar.event.Event;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** An envelope written by hand: the bytes of ours, but for the checksum, which the loop neither makes nor looks at. It knows neither headers nor operations. */
public final class Form {
    static final int CRC_AT = 4;
    static final int CRC_END = 8;
    private static final int TEXTS_AT = 25;

    private Form() {}

    /** The bytes of an event. */
    public static byte[] encode(Event e) {
        byte[] id = e.id().getBytes(StandardCharsets.UTF_8);
        byte[] key = e.key().getBytes(StandardCharsets.UTF_8);
        byte[] schema = e.schemaId().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out =
                ByteBuffer.allocate(TEXTS_AT + 4 * 4 + id.length + key.length + schema.length + e.payload().length);
        out.put((byte) 'I').put((byte) 'S').put((byte) 'O').put((byte) 1);
        out.putInt(0).put((byte) 0);
        out.putLong(e.eventTime()).putLong(e.availableTime());
        out.putInt(id.length).put(id);
        out.putInt(key.length).put(key);
        out.putInt(schema.length).put(schema);
        out.putInt(0).put(e.payload());
        return out.array();
    }

    /** The same with the checksum that ours has. */
    public static byte[] sealed(Event e) {
        byte[] bytes = encode(e);
        CRC32C crc = new CRC32C();
        crc.update(bytes, CRC_END, bytes.length - CRC_END);
        ByteBuffer.wrap(bytes).putInt(CRC_AT, (int) crc.getValue());
        return bytes;
    }

    /** The event whose bytes begin there. */
    public static Event decode(byte[] data, int from) {
        int body = from + CRC_END + 1;
        ByteBuffer in = ByteBuffer.wrap(data, body, data.length - body);
        long eventTime = in.getLong();
        long availableTime = in.getLong();
        String id = text(in);
        String key = text(in);
        String schema = text(in);
        in.getInt();
        byte[] payload = new byte[in.remaining()];
        in.get(payload);
        return Event.insert(id, key, eventTime, availableTime, schema, payload);
    }

    private static String text(ByteBuffer in) {
        int length = in.getInt();
        String text = new String(in.array(), in.position(), length, StandardCharsets.UTF_8);
        in.position(in.position() + length);
        return text;
    }
}
