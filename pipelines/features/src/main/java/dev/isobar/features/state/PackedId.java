package dev.isobar.features.state;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * An event's id in 16 bytes: UTF-8 of up to 15 bytes left-aligned, padded with zeros, the last byte its length; longer ones are the first 15 bytes of
 * their SHA-256, the last byte 0xFF. Ordered by unsigned bytes. Mutable so that a scan makes one. Not thread safe.
 *
 * @since 0.1
 */
public final class PackedId {
    private long high;
    private long low;

    /** Packs an id in place of the former. */
    public PackedId set(String id) {
        int n = id.length();
        if (n <= 15) {
            long h = 0;
            long l = n;
            for (int i = 0; i < n; i++) {
                char c = id.charAt(i);
                if (c >= 0x80) {
                    return setBytes(id.getBytes(StandardCharsets.UTF_8));
                }
                if (i < 8) {
                    h |= (long) c << (56 - 8 * i);
                } else {
                    l |= (long) c << (56 - 8 * (i - 8));
                }
            }
            high = h;
            low = l;
            return this;
        }
        return setBytes(id.getBytes(StandardCharsets.UTF_8));
    }

    private PackedId setBytes(byte[] utf8) {
        byte[] packed;
        if (utf8.length <= 15) {
            packed = Arrays.copyOf(utf8, 16);
            packed[15] = (byte) utf8.length;
        } else {
            packed = Arrays.copyOf(sha256(utf8), 16);
            packed[15] = (byte) 0xff;
        }
        high = word(packed, 0);
        low = word(packed, 8);
        return this;
    }

    /** The first eight bytes, big-endian. */
    public long high() {
        return high;
    }

    /** The last eight bytes, big-endian. */
    public long low() {
        return low;
    }

    /** Compares two packed ids by their unsigned bytes. */
    public static int compare(long highA, long lowA, long highB, long lowB) {
        int c = Long.compareUnsigned(highA, highB);
        return c != 0 ? c : Long.compareUnsigned(lowA, lowB);
    }

    private static long word(byte[] b, int at) {
        long v = 0;
        for (int i = 0; i < 8; i++) {
            v = v << 8 | (b[at + i] & 0xff);
        }
        return v;
    }

    private static byte[] sha256(byte[] utf8) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(utf8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
