package dev.isobar.local.file;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing buffer of big-endian values. Not thread safe. */
public final class Bytes {
    private byte[] array;
    private int length;

    /** An empty buffer. */
    public Bytes(int capacity) {
        array = new byte[capacity];
    }

    /** Forgets everything, keeps the room. */
    public Bytes reset() {
        length = 0;
        return this;
    }

    /** The bytes so far are the first {@link #length()} of this array, until the next write. */
    public byte[] array() {
        return array;
    }

    /** How many bytes there are. */
    public int length() {
        return length;
    }

    /** Adds room that is filled later. */
    public Bytes skip(int count) {
        ensure(count);
        Arrays.fill(array, length, length + count, (byte) 0);
        length += count;
        return this;
    }

    /** Adds one byte. */
    public Bytes put(int value) {
        ensure(1);
        array[length++] = (byte) value;
        return this;
    }

    /** Adds four bytes. */
    public Bytes putInt(int value) {
        ensure(4);
        setInt(length, value);
        length += 4;
        return this;
    }

    /** Overwrites four bytes. */
    public void setInt(int at, int value) {
        array[at] = (byte) (value >>> 24);
        array[at + 1] = (byte) (value >>> 16);
        array[at + 2] = (byte) (value >>> 8);
        array[at + 3] = (byte) value;
    }

    /** Adds eight bytes. */
    public Bytes putLong(long value) {
        putInt((int) (value >>> 32));
        return putInt((int) value);
    }

    /** Overwrites eight bytes. */
    public void setLong(int at, long value) {
        setInt(at, (int) (value >>> 32));
        setInt(at + 4, (int) value);
    }

    /** Adds bytes behind their length. */
    public Bytes putBytes(byte[] value) {
        ensure(4 + value.length);
        putInt(value.length);
        System.arraycopy(value, 0, array, length, value.length);
        length += value.length;
        return this;
    }

    /** Adds text as UTF-8 behind its length in bytes. */
    public Bytes putText(String value) {
        return putBytes(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads text written by {@link #putText}. */
    public static String text(ByteBuffer in) {
        int n = in.getInt();
        String text = new String(in.array(), in.arrayOffset() + in.position(), n, StandardCharsets.UTF_8);
        in.position(in.position() + n);
        return text;
    }

    /** Reads bytes written by {@link #putBytes}. */
    public static byte[] bytes(ByteBuffer in) {
        byte[] out = new byte[in.getInt()];
        in.get(out);
        return out;
    }

    private void ensure(int more) {
        if (array.length - length < more) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, length + more));
        }
    }
}
