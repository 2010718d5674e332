package dev.isobar.benchmarks.gcp;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;

/** An event's form behind a stamp, written by hand: the bytes of ours. */
final class Stamped {
    /** Where the sequence stands. */
    static final int SEQUENCE_AT = 12;

    private static final int MAGIC = 'I' << 24 | 'S' << 16 | 'T' << 8 | 1;
    private static final int BYTES = 24;

    private Stamped() {}

    /** An event of a writer, right behind the one before. */
    static ByteString data(long writer, long sequence, byte[] event) {
        return UnsafeByteOperations.unsafeWrap(ByteBuffer.allocate(BYTES + event.length)
                .putInt(MAGIC)
                .putLong(writer)
                .putLong(sequence)
                .putInt(sequence == 0 ? 0 : 1)
                .put(event)
                .array());
    }

    /** Where the event begins; 0 if it has no stamp. */
    static int event(byte[] data) {
        return ByteBuffer.wrap(data).getInt() == MAGIC ? BYTES : 0;
    }
}
