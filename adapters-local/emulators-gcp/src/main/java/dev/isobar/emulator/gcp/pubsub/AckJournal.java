package dev.isobar.emulator.gcp.pubsub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/**
 * What a subscription has acknowledged, on disk: where it begins, a bit set, and the offsets that were acknowledged since, four bytes each. Not thread safe.
 */
final class AckJournal implements AutoCloseable {
    private final Path path;
    private FileChannel file;
    private int start;
    private BitSet acked;

    private AckJournal(Path path, FileChannel file, int start, BitSet acked) {
        this.path = path;
        this.file = file;
        this.start = start;
        this.acked = acked;
    }

    /** A new one, or what an earlier process left. */
    static AckJournal open(Path path, int startIfNew) throws IOException {
        int start = startIfNew;
        BitSet acked = new BitSet();
        if (Files.exists(path)) {
            ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(path));
            start = in.getInt();
            byte[] bits = new byte[in.getInt()];
            in.get(bits);
            acked = BitSet.valueOf(bits);
            while (in.remaining() >= Integer.BYTES) {
                acked.set(in.getInt());
            }
        }
        return new AckJournal(path, write(path, start, acked), start, acked);
    }

    /** The first offset that can be delivered. */
    int start() {
        return start;
    }

    boolean isAcked(int offset) {
        return acked.get(offset);
    }

    /** A copy of all. */
    BitSet acked() {
        return (BitSet) acked.clone();
    }

    void ack(int offset) {
        if (!acked.get(offset)) {
            acked.set(offset);
            try {
                ByteBuffer one = ByteBuffer.allocate(Integer.BYTES).putInt(0, offset);
                while (one.hasRemaining()) {
                    file.write(one);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Makes a message deliverable again; forgotten by a restart, which the service's "at least once" allows. */
    void again(int offset) {
        acked.clear(offset);
    }

    /** Replaces all. */
    void reset(int from, BitSet ackedNow) {
        try {
            file.close();
            start = from;
            acked = (BitSet) ackedNow.clone();
            file = write(path, start, acked);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileChannel write(Path path, int start, BitSet acked) throws IOException {
        byte[] bits = acked.toByteArray();
        ByteBuffer out = ByteBuffer.allocate(2 * Integer.BYTES + bits.length);
        out.putInt(start).putInt(bits.length).put(bits);
        replace(path, out.array());
        return FileChannel.open(path, StandardOpenOption.APPEND);
    }

    /** Replaces a file whole. */
    static void replace(Path path, byte[] content) throws IOException {
        Path next = path.resolveSibling(path.getFileName() + ".next");
        Files.write(next, content);
        try {
            Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(next, path, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
