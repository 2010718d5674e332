package dev.isobar.emulator.aws.kinesis;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the service calls a sequence number: a decimal of 56 digits that grows with every record of a shard and from parent to child. Its bits are laid
 * out as the service's are known to be: when the shard was made, a number that counts its records, when the record came, and the shard.
 *
 * @param created of the shard, in seconds; 36 bits
 * @param index 0 for the shard's beginning, 1 for its first record
 * @param seconds when the record came; 36 bits
 * @param shard the shard's number
 */
record SequenceNumber(long created, long index, long seconds, int shard) {
    /** The index at which a closed shard ends. */
    static final long END = Long.MAX_VALUE;

    private static final int BYTES = 24;
    private static final int TOP = 2;
    private static final int VERSION = 2;
    private static final long SECONDS_MASK = (1L << 36) - 1;
    private static final int LOW_SECONDS_BITS = 28;
    private static final long INDEX_MASK = (1L << 48) - 1;

    /** The decimal text. */
    String text() {
        byte[] bytes = new byte[BYTES];
        ByteBuffer.wrap(bytes)
                .putLong((long) TOP << 56 | (created & SECONDS_MASK) << 20 | index >>> 48)
                .putLong((index & INDEX_MASK) << 16 | (seconds & SECONDS_MASK) >>> LOW_SECONDS_BITS)
                .putLong((seconds & (1L << LOW_SECONDS_BITS) - 1) << 36 | (shard & 0xffff_ffffL) << 4 | VERSION);
        return new BigInteger(1, bytes).toString();
    }

    /** What a text says, or null if it is no number that this emulator gave. */
    static @Nullable SequenceNumber parse(String text) {
        if (text.isEmpty() || text.length() > 60 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        byte[] bytes = new BigInteger(text).toByteArray();
        if (bytes.length != BYTES || bytes[0] != TOP || (bytes[BYTES - 1] & 0xf) != VERSION) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        long high = in.getLong();
        long middle = in.getLong();
        long low = in.getLong();
        SequenceNumber number = new SequenceNumber(
                high >>> 20 & SECONDS_MASK,
                (high & 0xffff) << 48 | middle >>> 16,
                (middle & 0xff) << LOW_SECONDS_BITS | low >>> 36,
                (int) (low >>> 4));
        return number.text().equals(text) && number.index >= 0 && number.shard >= 0 ? number : null;
    }
}
