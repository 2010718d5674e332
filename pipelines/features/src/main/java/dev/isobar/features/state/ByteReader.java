package dev.isobar.features.state;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Reads what {@link ByteWriter} wrote and trusts nothing in it: every length is checked against what is there before anything is allocated. Not thread
 * safe.
 *
 * @since 0.1
 */
public final class ByteReader {
    private final byte[] bytes;
    private final int end;
    private int at;

    /**
     * Starts reading bytes of a kind and a layout.
     *
     * @throws IsobarException {@code CORRUPT} if they are not such bytes, or damaged
     */
    public ByteReader(byte[] bytes, char kind, String layout) {
        this.bytes = bytes;
        this.end = bytes.length - 4;
        if (end < 3) {
            throw corrupt("they are only " + bytes.length + " long");
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, end);
        int sum = 0;
        for (int i = 0; i < 4; i++) {
            sum = sum << 8 | (bytes[end + i] & 0xff);
        }
        if ((int) crc.getValue() != sum) {
            throw corrupt("their checksum does not match");
        }
        int format = get();
        if (format != ByteWriter.FORMAT) {
            throw corrupt("their format is " + format + ", this kernel reads " + ByteWriter.FORMAT);
        }
        if (get() != kind) {
            throw corrupt("they are of another kind");
        }
        String written = text();
        if (!written.equals(layout)) {
            throw corrupt("they were written for layout " + written + ", this plan has " + layout);
        }
    }

    /** The exception for bytes that are not what they should be. */
    public IsobarException corrupt(String why) {
        return IsobarException.of(ErrorCode.CORRUPT, "These bytes are no usable kernel state: " + why + ".")
                .hint("Rebuild the state from the lake, or restore an earlier checkpoint.")
                .build();
    }

    private int get() {
        if (at >= end) {
            throw corrupt("they end early");
        }
        return bytes[at++] & 0xff;
    }

    /** How many bytes are left. */
    public int remaining() {
        return end - at;
    }

    /** Eight bytes. */
    public long word() {
        if (remaining() < 8) {
            throw corrupt("they end early");
        }
        long v = 0;
        for (int i = 0; i < 8; i++) {
            v = v << 8 | (bytes[at++] & 0xff);
        }
        return v;
    }

    /** An unsigned integer. */
    public long unsigned() {
        long v = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            long b = get();
            if (shift == 63 && b > 1) {
                throw corrupt("an integer has more than 64 bits");
            }
            v |= (b & 0x7f) << shift;
            if (b < 0x80) {
                if (b == 0 && shift > 0) {
                    throw corrupt("an integer is longer than it need be");
                }
                return v;
            }
        }
        throw corrupt("an integer has more than 64 bits");
    }

    /** A signed integer. */
    public long signed() {
        long v = unsigned();
        return v >>> 1 ^ -(v & 1);
    }

    /** A number of things of which each takes at least so many bytes. */
    public int count(int bytesEach) {
        long n = unsigned();
        if (n < 0 || n > remaining() / bytesEach) {
            throw corrupt("they claim " + Long.toUnsignedString(n) + " entries in " + remaining() + " bytes");
        }
        return (int) n;
    }

    /** Length and bytes. */
    public byte[] bytes() {
        int n = count(1);
        at += n;
        return Arrays.copyOfRange(bytes, at - n, at);
    }

    /** Length and UTF-8. */
    public String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    /** Checks that nothing is left. */
    public void finish() {
        if (at != end) {
            throw corrupt(remaining() + " bytes are left over");
        }
    }
}
