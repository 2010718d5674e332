package dev.isobar.features.sketch;

import java.nio.charset.StandardCharsets;

/**
 * The first half of MurmurHash3 x64 128 with seed 0 (Appleby, public domain). Stateless.
 *
 * @since 0.1
 */
public final class Murmur3 {
    private static final long C1 = 0x87c37b91114253d5L;
    private static final long C2 = 0x4cf5ad432745937fL;

    private Murmur3() {}

    /** Of bytes. */
    public static long hash(byte[] data) {
        return hash(data, 0, data.length);
    }

    /** Of text as UTF-8. */
    public static long hash(String text) {
        return hash(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Of the eight big-endian bytes of a word. */
    public static long hash(long word) {
        long k1 = Long.reverseBytes(word);
        k1 *= C1;
        k1 = Long.rotateLeft(k1, 31);
        k1 *= C2;
        return finish(k1, 0, 8);
    }

    /** Of a range of bytes. */
    public static long hash(byte[] data, int offset, int length) {
        long h1 = 0;
        long h2 = 0;
        int at = offset;
        int blocks = length >> 4;
        for (int i = 0; i < blocks; i++, at += 16) {
            h1 ^= Long.rotateLeft(little(data, at, 8) * C1, 31) * C2;
            h1 = Long.rotateLeft(h1, 27) + h2;
            h1 = h1 * 5 + 0x52dce729;
            h2 ^= Long.rotateLeft(little(data, at + 8, 8) * C2, 33) * C1;
            h2 = Long.rotateLeft(h2, 31) + h1;
            h2 = h2 * 5 + 0x38495ab5;
        }
        int tail = length & 15;
        if (tail > 8) {
            h2 ^= Long.rotateLeft(little(data, at + 8, tail - 8) * C2, 33) * C1;
        }
        if (tail > 0) {
            h1 ^= Long.rotateLeft(little(data, at, Math.min(tail, 8)) * C1, 31) * C2;
        }
        return finish(h1, h2, length);
    }

    private static long little(byte[] data, int at, int length) {
        long v = 0;
        for (int i = length - 1; i >= 0; i--) {
            v = v << 8 | (data[at + i] & 0xff);
        }
        return v;
    }

    private static long finish(long a, long b, int length) {
        long h1 = a ^ length;
        long h2 = b ^ length;
        h1 += h2;
        h2 += h1;
        h1 = mix(h1);
        h2 = mix(h2);
        return h1 + h2;
    }

    /** The finalizer: every bit of a word on every bit of the result, and back. */
    public static long mix(long x) {
        long k = x;
        k ^= k >>> 33;
        k *= 0xff51afd7ed558ccdL;
        k ^= k >>> 33;
        k *= 0xc4ceb9fe1a85ec53L;
        return k ^ (k >>> 33);
    }
}
