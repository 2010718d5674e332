package dev.isobar.gcp.pubsub;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** The bytes of a message, where they lie if they have an array of their own: they are read and never written. Not thread safe. */
final class Bytes extends ByteOutput {
    private byte[] found = new byte[0];

    /** The bytes of a text of bytes. */
    byte[] of(ByteString text) {
        found = new byte[0];
        try {
            UnsafeByteOperations.unsafeWriteTo(text, this);
        } catch (IOException e) {
            throw new UncheckedIOException("Nothing here is read or written", e);
        }
        return found.length == text.size() ? found : text.toByteArray();
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
        if (offset == 0 && length == value.length) {
            found = value;
        }
    }

    @Override
    public void write(byte value) {
        // In pieces: taken whole.
    }

    @Override
    public void write(byte[] value, int offset, int length) {
        // May be used again by whoever calls: taken whole.
    }

    @Override
    public void write(ByteBuffer value) {
        // As above.
    }

    @Override
    public void writeLazy(ByteBuffer value) {
        // No array.
    }
}
