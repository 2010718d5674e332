package dev.isobar.local.offline;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A struct in Thrift's compact protocol, which Parquet's headers are written in: fields in ascending order of their ids. Not thread safe.
 *
 * <p>https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
final class Thrift {
    private static final int TRUE = 1;
    private static final int FALSE = 2;
    private static final int I32 = 5;
    private static final int I64 = 6;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int STRUCT = 12;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int last;

    Thrift i32(int id, int value) {
        return field(id, I32).zigzag(value);
    }

    Thrift i64(int id, long value) {
        return field(id, I64).zigzag(value);
    }

    Thrift bool(int id, boolean value) {
        return field(id, value ? TRUE : FALSE);
    }

    Thrift text(int id, String value) {
        return binary(id, value.getBytes(StandardCharsets.UTF_8));
    }

    Thrift binary(int id, byte[] value) {
        return field(id, BINARY).varint(value.length).raw(value, value.length);
    }

    Thrift struct(int id, Thrift value) {
        byte[] bytes = value.bytes();
        return field(id, STRUCT).raw(bytes, bytes.length);
    }

    Thrift structs(int id, List<Thrift> values) {
        list(id, STRUCT, values.size());
        for (Thrift value : values) {
            byte[] bytes = value.bytes();
            raw(bytes, bytes.length);
        }
        return this;
    }

    Thrift i32s(int id, int... values) {
        list(id, I32, values.length);
        for (int value : values) {
            zigzag(value);
        }
        return this;
    }

    Thrift texts(int id, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return list(id, BINARY, 1).varint(bytes.length).raw(bytes, bytes.length);
    }

    /** The bytes of the struct. */
    byte[] bytes() {
        byte[] fields = out.toByteArray();
        return java.util.Arrays.copyOf(fields, fields.length + 1);
    }

    /** What was written, without the end of a struct. */
    byte[] content() {
        return out.toByteArray();
    }

    Thrift raw(int value) {
        out.write(value);
        return this;
    }

    Thrift raw(byte[] bytes, int length) {
        out.write(bytes, 0, length);
        return this;
    }

    Thrift varint(long value) {
        long left = value;
        while ((left & ~0x7fL) != 0) {
            out.write((int) (left & 0x7f | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
        return this;
    }

    private Thrift zigzag(long value) {
        return varint(value << 1 ^ value >> 63);
    }

    private Thrift list(int id, int type, int size) {
        field(id, LIST);
        if (size < 15) {
            return raw(size << 4 | type);
        }
        return raw(0xf0 | type).varint(size);
    }

    private Thrift field(int id, int type) {
        int delta = id - last;
        last = id;
        // All ids are small and ascend, so the long form never is needed.
        return raw(delta << 4 | type);
    }
}
