package dev.isobar.features.twin;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/** HyperLogLog with 4,096 registers by the published descriptions: Appleby's MurmurHash3_x64_128, Ertl's improved raw estimator (2017, algorithm 6). */
final class PlainSketch {
    private static final int P = 12;
    private static final int Q = 64 - P;
    private static final int M = 1 << P;

    private PlainSketch() {}

    static double estimate(Collection<byte[]> values) {
        int[] registers = new int[M];
        for (byte[] value : values) {
            long hash = murmur3(value);
            int index = (int) (hash >>> Q);
            int rank = 1;
            while (rank <= Q && (hash >>> (Q - rank) & 1) == 0) {
                rank++;
            }
            registers[index] = Math.max(registers[index], rank);
        }
        int[] c = new int[Q + 2];
        for (int r : registers) {
            c[r]++;
        }
        double m = M;
        double z = m * tau((m - c[Q + 1]) / m);
        for (int k = Q; k >= 1; k--) {
            z = 0.5 * (z + c[k]);
        }
        z = z + m * sigma(c[0] / m);
        double alphaInfinity = 1 / (2 * Math.log(2));
        return Math.rint(alphaInfinity * m * m / z);
    }

    private static double sigma(double x) {
        if (x == 1) {
            return Double.POSITIVE_INFINITY;
        }
        double y = 1;
        double z = x;
        double before;
        do {
            x = x * x;
            before = z;
            z = z + x * y;
            y = y + y;
        } while (z != before);
        return z;
    }

    private static double tau(double x) {
        if (x == 0 || x == 1) {
            return 0;
        }
        double y = 1;
        double z = 1 - x;
        double before;
        do {
            x = Math.sqrt(x);
            before = z;
            y = 0.5 * y;
            z = z - (1 - x) * (1 - x) * y;
        } while (z != before);
        return z / 3;
    }

    /** The first 64 bits of the 128, seed 0. */
    static long murmur3(byte[] data) {
        long c1 = 0x87c37b91114253d5L;
        long c2 = 0x4cf5ad432745937fL;
        long h1 = 0;
        long h2 = 0;
        int blocks = data.length / 16;
        ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < blocks; i++) {
            long k1 = in.getLong();
            long k2 = in.getLong();
            h1 ^= Long.rotateLeft(k1 * c1, 31) * c2;
            h1 = (Long.rotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= Long.rotateLeft(k2 * c2, 33) * c1;
            h2 = (Long.rotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
        }
        byte[] tail = new byte[16];
        int rest = in.remaining();
        in.get(tail, 0, rest);
        ByteBuffer last = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN);
        long k1 = last.getLong();
        long k2 = last.getLong();
        if (rest > 8) {
            h2 ^= Long.rotateLeft(k2 * c2, 33) * c1;
        }
        if (rest > 0) {
            h1 ^= Long.rotateLeft(k1 * c1, 31) * c2;
        }
        h1 ^= data.length;
        h2 ^= data.length;
        h1 += h2;
        h2 += h1;
        h1 = finalMix(h1);
        h2 = finalMix(h2);
        return h1 + h2;
    }

    /** The finalizer, fmix64. */
    static long finalMix(long k) {
        k ^= k >>> 33;
        k *= 0xff51afd7ed558ccdL;
        k ^= k >>> 33;
        k *= 0xc4ceb9fe1a85ec53L;
        return k ^ k >>> 33;
    }

    static byte[] bytes(Object value, boolean distinguishZeros) {
        if (value instanceof String s) {
            return s.getBytes(StandardCharsets.UTF_8);
        }
        long word;
        if (value instanceof Double d) {
            word = Double.isNaN(d)
                    ? 0x7ff8000000000000L
                    : d == 0 && !distinguishZeros ? 0 : Double.doubleToRawLongBits(d);
        } else if (value instanceof Boolean b) {
            word = b ? 1 : 0;
        } else {
            word = ((Number) value).longValue();
        }
        return ByteBuffer.allocate(8).putLong(word).array();
    }
}
