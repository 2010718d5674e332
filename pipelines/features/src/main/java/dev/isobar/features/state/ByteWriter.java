package dev.isobar.features.state;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Writes state as bytes: a header that says what it is, big-endian words, variable-length integers, a checksum at the end. Not thread safe.
 *
 * @since 0.1
 */
public final class ByteWriter {
    /** The version of the format. */
    public static final int FORMAT = 1;

    private byte[] bytes = new byte[512];
    private int used;

    /** Starts bytes of a kind (a letter) for a layout. */
    public ByteWriter(char kind, String layout) {
        put(FORMAT);
        put(kind);
        text(layout);
    }

    private void put(int b) {
        if (used == bytes.length) {
            room(1);
        }
        bytes[used++] = (byte) b;
    }

    private void room(int n) {
        bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(used, n), (int)
                Math.min(2L * bytes.length, Integer.MAX_VALUE - 16)));
    }

    /** Eight bytes. */
    public void word(long v) {
        if (bytes.length - used < 8) {
            room(8);
        }
        for (int i = 56; i >= 0; i -= 8) {
            bytes[used++] = (byte) (v >> i);
        }
    }

    /** An unsigned integer, seven bits a byte, the lowest first. */
    public void unsigned(long v) {
        long rest = v;
        while ((rest & ~0x7fL) != 0) {
            put((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        put((int) rest);
    }

    /** A signed integer; small magnitudes are short. */
    public void signed(long v) {
        unsigned(v << 1 ^ v >> 63);
    }

    /** Length and bytes. */
    public void bytes(byte[] b) {
        unsigned(b.length);
        if (bytes.length - used < b.length) {
            room(b.length);
        }
        System.arraycopy(b, 0, bytes, used, b.length);
        used += b.length;
    }

    /** Length and UTF-8. */
    public void text(String s) {
        bytes(s.getBytes(StandardCharsets.UTF_8));
    }

    /** Everything, checksum added. */
    public byte[] finish() {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, used);
        byte[] out = Arrays.copyOf(bytes, used + 4);
        int v = (int) crc.getValue();
        for (int i = 0; i < 4; i++) {
            out[used + i] = (byte) (v >> 24 - 8 * i);
        }
        return out;
    }
}
