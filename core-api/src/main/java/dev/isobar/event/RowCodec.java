package dev.isobar.event;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The canonical bytes of a row: per column one presence byte (0 or 1), then, if present, eight big-endian bytes for a word or a
 * four-byte length and UTF-8 for text. Equal rows have equal bytes and the reverse; digests are computed over them. Not thread safe: it
 * reuses one buffer.
 *
 * @since 0.1
 */
public final class RowCodec {
    private final Schema schema;
    private final boolean[] isText;
    private ByteBuffer buffer = ByteBuffer.allocate(256);

    /** A codec for rows of one schema. */
    public RowCodec(Schema schema) {
        this.schema = schema;
        this.isText = new boolean[schema.size()];
        for (int i = 0; i < isText.length; i++) {
            isText[i] = schema.field(i).type() == FieldType.STRING;
        }
    }

    /** The columns this codec writes and reads. */
    public Schema schema() {
        return schema;
    }

    /** The canonical bytes of a row. */
    public byte[] encode(Row row) {
        ByteBuffer view = encodeToBuffer(row);
        byte[] out = new byte[view.remaining()];
        view.get(out);
        return out;
    }

    /** The canonical bytes of a row in a buffer that the next call overwrites. */
    public ByteBuffer encodeToBuffer(Row row) {
        buffer.clear();
        for (int i = 0; i < isText.length; i++) {
            ensure(9);
            if (row.isNull(i)) {
                buffer.put((byte) 0);
            } else if (isText[i]) {
                String text = row.text(i);
                byte[] utf8 = (text == null ? "" : text).getBytes(StandardCharsets.UTF_8);
                buffer.put((byte) 1).putInt(utf8.length);
                ensure(utf8.length);
                buffer.put(utf8);
            } else {
                buffer.put((byte) 1).putLong(row.word(i));
            }
        }
        buffer.flip();
        return buffer;
    }

    /**
     * Reads a row back.
     *
     * @throws IllegalArgumentException if the bytes are not exactly one row of this schema
     */
    public void decode(byte[] bytes, Row into) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            for (int i = 0; i < isText.length; i++) {
                byte present = in.get();
                if (present == 0) {
                    into.setNull(i);
                } else if (present != 1) {
                    throw new IllegalArgumentException("presence byte " + present + " for column '"
                            + schema.field(i).name() + "'");
                } else if (isText[i]) {
                    int length = in.getInt();
                    if (length < 0 || length > in.remaining()) {
                        throw new IllegalArgumentException("text of " + length + " bytes for column '"
                                + schema.field(i).name() + "'");
                    }
                    into.setText(i, new String(bytes, in.position(), length, StandardCharsets.UTF_8));
                    in.position(in.position() + length);
                } else {
                    into.setWord(i, in.getLong());
                }
            }
        } catch (java.nio.BufferUnderflowException e) {
            throw new IllegalArgumentException("row ends early after " + bytes.length + " bytes", e);
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(in.remaining() + " bytes follow the last column");
        }
    }

    private void ensure(int more) {
        if (buffer.remaining() < more) {
            ByteBuffer larger = ByteBuffer.allocate(Math.max(buffer.capacity() * 2, buffer.position() + more + 64));
            buffer.flip();
            larger.put(buffer);
            buffer = larger;
        }
    }
}
