package dev.isobar.gcp.bigtable;

import com.google.cloud.bigtable.data.v2.models.RowMutationEntry;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * How one incarnation of a namespace lies in the table: a row per key, in it for each write of the key a column that says what it is and columns with its
 * bytes. No column is ever written twice, so no request that comes late or again covers what another one wrote.
 *
 * @param name the namespace
 * @param incarnation the header's
 */
record Layout(String name, long incarnation) {
    /** Of headers. */
    static final String HEADERS = "h";

    /** What the states are, without their bytes: what a writer and a listing read. */
    static final String MARKS = "m";

    /** The bytes of states. */
    static final String CHUNKS = "c";

    /** Of a state, in one cell: Google recommends at most 10 MB. */
    static final int CHUNK_BYTES = 8 << 20;

    /** All cells have it: a column is written once, and a header replaces the one before. */
    static final long TIMESTAMP = 0;

    static final ByteString HEADER = ByteString.copyFromUtf8("header");
    static final ByteString CHANGE = ByteString.copyFromUtf8("change");

    private static final String HEADER_PREFIX = "h/";
    private static final int WRITE_BYTES = 24;
    private static final int MARK_BYTES = WRITE_BYTES + Long.BYTES + Integer.BYTES;

    static ByteString headerRow(String namespace) {
        return ByteString.copyFromUtf8(HEADER_PREFIX + namespace);
    }

    /** First part of the keys of all rows with states; a namespace's name has no slash. */
    ByteString prefix() {
        return ByteString.copyFromUtf8("s/" + name + "/" + incarnation + "/");
    }

    ByteString row(String key) {
        return prefix().concat(ByteString.copyFromUtf8(key));
    }

    String key(ByteString row) {
        return row.substring(prefix().size()).toStringUtf8();
    }

    /**
     * What a write left in a row.
     *
     * @param version the key's
     * @param length of the state in bytes
     */
    record Mark(Write write, long version, int length) {
        ByteString qualifier() {
            return UnsafeByteOperations.unsafeWrap(put(ByteBuffer.allocate(MARK_BYTES), write)
                    .putLong(version)
                    .putInt(length)
                    .array());
        }

        static Mark of(ByteString qualifier) {
            ByteBuffer in = qualifier.asReadOnlyByteBuffer();
            return new Mark(Layout.write(in), in.getLong(), in.getInt());
        }

        /** How many columns hold the bytes. */
        int chunks() {
            return Math.toIntExact(((long) length + CHUNK_BYTES - 1) / CHUNK_BYTES);
        }

        /** All columns of the write. */
        void deleteFrom(RowMutationEntry row) {
            row.deleteCells(MARKS, qualifier());
            for (int i = 0; i < chunks(); i++) {
                row.deleteCells(CHUNKS, chunkQualifier(write, i));
            }
        }
    }

    static ByteString chunkQualifier(Write write, int index) {
        return UnsafeByteOperations.unsafeWrap(put(ByteBuffer.allocate(WRITE_BYTES + Integer.BYTES), write)
                .putInt(index)
                .array());
    }

    private static ByteBuffer put(ByteBuffer out, Write write) {
        return out.putLong(write.stretch().getMostSignificantBits())
                .putLong(write.stretch().getLeastSignificantBits())
                .putLong(write.number());
    }

    private static Write write(ByteBuffer in) {
        return new Write(new UUID(in.getLong(), in.getLong()), in.getLong());
    }

    /** The parts of a state, none longer than a chunk. */
    static List<ByteString> chunks(byte[] bytes) {
        List<ByteString> chunks = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += CHUNK_BYTES) {
            chunks.add(UnsafeByteOperations.unsafeWrap(bytes, from, Math.min(CHUNK_BYTES, bytes.length - from)));
        }
        return chunks;
    }
}
