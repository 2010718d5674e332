package dev.isobar.server;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.SplittableRandom;

/**
 * Ids of predictions, in the form of a random UUID. They must be unique, not secret: each thread draws from a stream of its own that a secure seed
 * begins, so that threads do not wait for each other as they do in {@link java.util.UUID#randomUUID}.
 */
final class PredictionIds {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final SecureRandom SEEDS = new SecureRandom();

    private static final ThreadLocal<PredictionIds> OF_THREAD = ThreadLocal.withInitial(PredictionIds::new);

    private final SplittableRandom random = new SplittableRandom(SEEDS.nextLong());
    /** Two threads could draw the same seed of 64 bits; they do not draw the same salt too. */
    private final long salt = SEEDS.nextLong();

    private final byte[] text = new byte[36];

    private PredictionIds() {}

    static String next() {
        return OF_THREAD.get().make();
    }

    private String make() {
        long high = ((random.nextLong() ^ salt) & ~0xf000L) | 0x4000L;
        long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
        hex(high >>> 32, 0, 8);
        text[8] = '-';
        hex(high >>> 16, 9, 4);
        text[13] = '-';
        hex(high, 14, 4);
        text[18] = '-';
        hex(low >>> 48, 19, 4);
        text[23] = '-';
        hex(low, 24, 12);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private void hex(long bits, int at, int digits) {
        long rest = bits;
        for (int i = at + digits - 1; i >= at; i--) {
            text[i] = HEX[(int) (rest & 15)];
            rest >>>= 4;
        }
    }
}
