package dev.isobar.local.file;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Checksummed frames in append-only files: four bytes {@code ISBF}, payload length, CRC32C of (offset, length, payload), payload; big-endian. The
 * offset is part of the sum, so that a frame copied into another frame's payload, or moved, is not taken for one. Stateless, thread safe.
 *
 * @since 0.1
 */
public final class Frames {
    /** Bytes before a payload. */
    public static final int HEADER = 12;

    /** Longest payload. */
    public static final int MAX_PAYLOAD = 1 << 29;

    static final int MAGIC = 0x49534246;

    /** {@link #check}: more bytes are needed than there are. */
    static final int SHORT = -1;

    /** {@link #check}: these bytes are no frame. */
    static final int BAD = -2;

    private Frames() {}

    /**
     * Writes the header of a frame whose payload is already in place.
     *
     * @param start where the frame begins in the buffer; the payload begins {@link #HEADER} behind it
     * @param offset where the frame will begin in its log
     */
    public static void seal(byte[] buffer, int start, int payload, long offset) {
        ByteBuffer.wrap(buffer, start, HEADER)
                .putInt(MAGIC)
                .putInt(payload)
                .putInt(sum(buffer, start, payload, offset));
    }

    /** The payload's length if a whole valid frame begins at {@code start}, else {@link #SHORT} or {@link #BAD}. */
    static int check(byte[] buffer, int start, int limit, long offset) {
        if (limit - start < HEADER) {
            return SHORT;
        }
        ByteBuffer header = ByteBuffer.wrap(buffer, start, HEADER);
        if (header.getInt() != MAGIC) {
            return BAD;
        }
        int payload = header.getInt();
        if (payload < 0 || payload > MAX_PAYLOAD) {
            return BAD;
        }
        if (limit - start - HEADER < payload) {
            return SHORT;
        }
        return header.getInt() == sum(buffer, start, payload, offset) ? payload : BAD;
    }

    private static int sum(byte[] buffer, int start, int payload, long offset) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(12).putLong(offset).putInt(payload).flip());
        crc.update(buffer, start + HEADER, payload);
        return (int) crc.getValue();
    }
}
