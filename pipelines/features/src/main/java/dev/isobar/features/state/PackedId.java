package dev.isobar.features.state;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * An event's id in 16 bytes: UTF-8 of up to 15 bytes left-aligned, padded with zeros, the last byte its length; longer ones are the first 15 bytes of
 * their SHA-256, the last byte 0xFF. Ordered by unsigned bytes. Where all ids of a stream are integers, an id is its integer instead, in the same order. Mutable so that a scan makes one. Not thread safe.
 *
 * @since 0.1
 */
public final class PackedId {
    private static final long SHORT = 1_000_000_000_000_000L;

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

    /** The id of an event of a stream whose ids are integers: the integer, in the first word. */
    public PackedId set(long number) {
        high = number;
        low = 0;
        return this;
    }

    /**
     * Packs an id as the stream's ids are.
     *
     * @param numeric whether they are integers
     * @return whether it is such an id; a text that is no integer is not
     */
    public boolean set(String id, boolean numeric) {
        if (!numeric) {
            set(id);
            return true;
        }
        Long number = KeyTable.parsed(id);
        if (number != null) {
            set(number.longValue());
        }
        return number != null;
    }

    /** Takes over an id's two words. */
    public PackedId set(long idHigh, long idLow) {
        high = idHigh;
        low = idLow;
        return this;
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

    /** Compares two numbers by the packed ids that their decimal texts have. */
    static int compareNumbers(long a, long b) {
        if (a == b) {
            return 0;
        }
        if (a >= 0 && b >= 0 && a < SHORT && b < SHORT) {
            long left = a;
            long right = b;
            // Left-aligned digits: the shorter one goes on with zero bytes, which are below any digit.
            int difference = digits(a) - digits(b);
            for (int i = difference; i < 0; i++) {
                left *= 10;
            }
            for (int i = difference; i > 0; i--) {
                right *= 10;
            }
            return left != right ? Long.compare(left, right) : Integer.compare(difference, 0);
        }
        PackedId one = new PackedId().set(Long.toString(a));
        PackedId other = new PackedId().set(Long.toString(b));
        return compare(one.high, one.low, other.high, other.low);
    }

    private static int digits(long v) {
        int n = 1;
        for (long rest = v; rest >= 10; rest /= 10) {
            n++;
        }
        return n;
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
