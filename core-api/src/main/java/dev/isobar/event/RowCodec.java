package dev.isobar.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The canonical bytes of a row: per column one presence byte (0 or 1), then, if present, eight big-endian bytes for a word or a
 * four-byte length and UTF-8 for text. Equal rows have equal bytes and the reverse, so bytes that no row encodes to are refused and so is text
 * that UTF-8 cannot say; digests are computed over them. Not thread safe: it reuses one buffer.
 *
 * @since 0.1
 */
public final class RowCodec {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final Schema schema;
    private final FieldType[] types;
    private final boolean[] isText;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private ByteBuffer buffer = ByteBuffer.allocate(256);

    /** A codec for rows of one schema. */
    public RowCodec(Schema schema) {
        this.schema = schema;
        this.types = new FieldType[schema.size()];
        this.isText = new boolean[schema.size()];
        for (int i = 0; i < isText.length; i++) {
            types[i] = schema.field(i).type();
            isText[i] = types[i] == FieldType.STRING;
        }
    }

    /** The columns this codec writes and reads. */
    public Schema schema() {
        return schema;
    }

    /**
     * The canonical bytes of a row.
     *
     * @throws IllegalArgumentException if a text holds half of a surrogate pair: UTF-8 has no form for it, and a replacement would make two
     *     rows one
     */
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
                if (text != null && !RowText.isUnicode(text)) {
                    throw new IllegalArgumentException("half of a surrogate pair in column '"
                            + schema.field(i).name() + "'");
                }
                byte[] bytes = (text == null ? "" : text).getBytes(StandardCharsets.UTF_8);
                buffer.put((byte) 1).putInt(bytes.length);
                ensure(bytes.length);
                buffer.put(bytes);
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
        decode(bytes, 0, bytes.length, into);
    }

    /**
     * Reads a row back from a part of an array, such as a log's buffer.
     *
     * @throws IllegalArgumentException if that part is not exactly one row of this schema
     */
    public void decode(byte[] bytes, int offset, int length, Row into) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int at = offset;
        int end = offset + length;
        for (int i = 0; i < isText.length; i++) {
            if (at == end) {
                throw early(length);
            }
            byte present = bytes[at++];
            if (present == 0) {
                into.setNull(i);
            } else if (present != 1) {
                throw new IllegalArgumentException("presence byte " + present + " for column '"
                        + schema.field(i).name() + "'");
            } else if (isText[i]) {
                if (end - at < 4) {
                    throw early(length);
                }
                int bytesOfText = (int) INT.get(bytes, at);
                at += 4;
                if (bytesOfText < 0 || bytesOfText > end - at) {
                    throw new IllegalArgumentException("text of " + bytesOfText + " bytes for column '"
                            + schema.field(i).name() + "'");
                }
                into.setText(i, text(bytes, at, bytesOfText, i));
                at += bytesOfText;
            } else {
                if (end - at < 8) {
                    throw early(length);
                }
                long word = (long) LONG.get(bytes, at);
                at += 8;
                if (types[i] == FieldType.BOOL && (word & ~1L) != 0
                        || types[i] == FieldType.INT32 && word != (int) word) {
                    throw new IllegalArgumentException(word + " is out of range for column '"
                            + schema.field(i).name() + "'");
                }
                into.setWord(i, word);
            }
        }
        if (at != end) {
            throw new IllegalArgumentException(end - at + " bytes follow the last column");
        }
    }

    private static IllegalArgumentException early(int length) {
        return new IllegalArgumentException("row ends early after " + length + " bytes");
    }

    private String text(byte[] bytes, int offset, int length, int slot) {
        boolean ascii = true;
        for (int i = offset; ascii && i < offset + length; i++) {
            ascii = bytes[i] >= 0;
        }
        if (ascii) {
            return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
        }
        try {
            CharBuffer decoded = utf8.decode(ByteBuffer.wrap(bytes, offset, length));
            return decoded.toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "text that is not UTF-8 in column '" + schema.field(slot).name() + "'", e);
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
