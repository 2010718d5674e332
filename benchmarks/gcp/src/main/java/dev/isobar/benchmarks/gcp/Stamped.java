package dev.isobar.benchmarks.gcp;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** An event's form behind a stamp, written by hand: the bytes of ours. */
final class Stamped {
    private static final int MAGIC = 'I' << 24 | 'S' << 16 | 'T' << 8 | 1;
    private static final int LENGTH_AT = 4;
    private static final int NUMBERS = 16;

    private Stamped() {}

    static ByteString data(String session, long sequence, long behind, byte[] event) {
        return UnsafeByteOperations.unsafeWrap(
                ByteBuffer.allocate(LENGTH_AT + 1 + session.length() + NUMBERS + event.length)
                        .putInt(MAGIC)
                        .put((byte) session.length())
                        .put(session.getBytes(StandardCharsets.ISO_8859_1))
                        .putLong(sequence)
                        .putLong(behind)
                        .put(event)
                        .array());
    }

    /** Where the event begins; 0 if it has no stamp. */
    static int event(byte[] data) {
        return ByteBuffer.wrap(data).getInt() == MAGIC ? LENGTH_AT + 1 + data[LENGTH_AT] + NUMBERS : 0;
    }
}
