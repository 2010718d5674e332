package dev.isobar.emulator.aws.kinesis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The records of a shard, by an index from 0 and by the time they came, in files that are only appended to. What was appended is in the hands of the
 * operating system when {@code append} returns: it outlives the process, not a failure of the machine. Thread safe.
 */
final class ShardLog {
    private static final int WRITE_BYTES = 1 << 20;
    private static final int READ_BYTES = 1 << 20;
    private static final ThreadLocal<ByteBuffer> OUT =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(WRITE_BYTES));

    private final Path folder;
    private final int segmentBytes;
    private final List<Segment> segments = new ArrayList<>();

    /** A record to be written; the key in UTF-8. */
    record Entry(byte[] key, byte[] data) {}

    /**
     * Where entries went.
     *
     * @param first index of the first; the others follow it
     * @param millis when they came
     */
    record Appended(long first, long millis) {}

    /** Is shown records. */
    @FunctionalInterface
    interface Visitor {
        /** One record; the arrays are only lent. False if it is not wanted, which ends it. */
        boolean record(long index, long millis, byte[] bytes, int key, int keyLength, int data, int dataLength)
                throws IOException;
    }

    private ShardLog(Path folder, int segmentBytes) {
        this.folder = folder;
        this.segmentBytes = segmentBytes;
    }

    /** Opens or begins it. Of what is there only the last file is read now. */
    static ShardLog open(Path folder, int segmentBytes) throws IOException {
        Files.createDirectories(folder);
        ShardLog log = new ShardLog(folder, segmentBytes);
        try (Stream<Path> files = Files.list(folder)) {
            files.map(Segment::at)
                    .filter(Objects::nonNull)
                    .sorted(Comparator.comparingLong(Segment::first))
                    .forEach(log.segments::add);
        }
        if (log.segments.isEmpty()) {
            log.segments.add(Segment.create(folder, 0));
        }
        log.last().cut();
        return log;
    }

    /** Appends all or nothing. */
    synchronized Appended append(List<Entry> entries, long now) throws IOException {
        Segment segment = last();
        if (segment.size() >= segmentBytes) {
            segment = Segment.create(folder, segment.next());
            segments.add(segment);
        }
        long millis = Math.max(now, lastTime());
        long first = segment.next();
        FileChannel channel = segment.channel();
        int start = segment.size();
        channel.position(start);
        try {
            write(channel, entries, millis);
        } catch (IOException e) {
            channel.truncate(start);
            throw e;
        }
        for (Entry entry : entries) {
            segment.wrote(Segment.HEAD + Segment.FIXED + entry.key().length + entry.data().length, millis);
        }
        return new Appended(first, millis);
    }

    private static void write(FileChannel channel, List<Entry> entries, long millis) throws IOException {
        ByteBuffer out = OUT.get().clear();
        CRC32C crc = new CRC32C();
        byte[] fixed = new byte[Segment.FIXED];
        for (Entry entry : entries) {
            ByteBuffer.wrap(fixed).putLong(millis).putShort((short) entry.key().length);
            crc.reset();
            crc.update(fixed);
            crc.update(entry.key());
            crc.update(entry.data());
            if (out.remaining() < Segment.HEAD) {
                flush(channel, out);
            }
            out.putInt(Segment.FIXED + entry.key().length + entry.data().length).putInt((int) crc.getValue());
            put(channel, out, fixed);
            put(channel, out, entry.key());
            put(channel, out, entry.data());
        }
        flush(channel, out);
    }

    private static void put(FileChannel channel, ByteBuffer out, byte[] bytes) throws IOException {
        int from = 0;
        while (from < bytes.length) {
            if (!out.hasRemaining()) {
                flush(channel, out);
            }
            int part = Math.min(out.remaining(), bytes.length - from);
            out.put(bytes, from, part);
            from += part;
        }
    }

    private static void flush(FileChannel channel, ByteBuffer out) throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        out.clear();
    }

    /** Index of the first record that is kept. */
    synchronized long first() {
        return segments.get(0).first();
    }

    /** Index of the next record. */
    synchronized long next() throws IOException {
        return last().next();
    }

    /** Arrival of the last record; 0 if there never was one. */
    synchronized long lastTime() throws IOException {
        for (int i = segments.size() - 1; i >= 0; i--) {
            if (segments.get(i).size() > 0) {
                return segments.get(i).lastTime();
            }
        }
        return 0;
    }

    /** Index of the first record that came then or later, or of the next one to come. */
    long at(long millis) throws IOException {
        long from;
        synchronized (this) {
            if (segments.get(0).firstTime() >= millis) {
                return first();
            }
            int i = 0;
            while (i + 1 < segments.size() && segments.get(i + 1).firstTime() < millis) {
                i++;
            }
            Segment segment = segments.get(i);
            int entry = segment.entryBefore(millis);
            from = entry < 0 ? segment.first() : segment.indexOf(entry);
        }
        return read(from, (index, time, bytes, key, keyLength, data, dataLength) -> time < millis);
    }

    /**
     * Shows records from an index on, or from the first that is kept.
     *
     * @return the index of the first record that was not taken
     */
    long read(long from, Visitor visitor) throws IOException {
        long next = from;
        while (true) {
            Slice slice = slice(next);
            if (slice == null) {
                return Math.max(next, first());
            }
            try {
                next = Math.max(next, slice.segmentFirst);
                long reached = slice.read(next, visitor);
                if (reached < slice.end) {
                    return reached;
                }
                next = reached;
            } catch (ClosedChannelException e) {
                // Retention took the file away meanwhile: what it held is gone, go on behind it.
                if (next >= first()) {
                    throw e;
                }
            }
        }
    }

    private synchronized @Nullable Slice slice(long from) throws IOException {
        for (int i = segmentOf(from); i < segments.size(); i++) {
            Segment segment = segments.get(i);
            if (Math.max(from, segment.first()) < segment.next()) {
                int entry = segment.entryAt(Math.max(from, segment.first()));
                return new Slice(
                        segment.channel(),
                        segment.first(),
                        segment.indexOf(entry),
                        segment.offsetOf(entry),
                        segment.next(),
                        segment.size());
            }
        }
        return null;
    }

    private Segment last() {
        return segments.get(segments.size() - 1);
    }

    private int segmentOf(long index) {
        int low = 0;
        int high = segments.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments.get(middle).first() <= index) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** A part of a file as it was when it was asked for; it is read without a lock. */
    private record Slice(FileChannel channel, long segmentFirst, long index, int offset, long end, int limit) {
        long read(long from, Visitor visitor) throws IOException {
            byte[] buffer = new byte[Math.min(READ_BYTES, limit - offset)];
            CRC32C crc = new CRC32C();
            long at = offset;
            int filled = 0;
            int pos = 0;
            long i = index;
            while (i < end) {
                int need = filled - pos < Segment.HEAD
                        ? Segment.HEAD
                        : Segment.HEAD + ByteBuffer.wrap(buffer).getInt(pos);
                if (filled - pos < need) {
                    System.arraycopy(buffer, pos, buffer, 0, filled - pos);
                    filled -= pos;
                    pos = 0;
                    if (buffer.length < need) {
                        buffer = Arrays.copyOf(buffer, need);
                    }
                    int want = (int) Math.min(buffer.length - filled, limit - at);
                    int read = channel.read(ByteBuffer.wrap(buffer, filled, want), at);
                    if (read <= 0) {
                        throw new IOException("a shard's file is shorter than it was");
                    }
                    at += read;
                    filled += read;
                    continue;
                }
                if (i >= from) {
                    ByteBuffer frame = ByteBuffer.wrap(buffer);
                    crc.reset();
                    crc.update(buffer, pos + Segment.HEAD, need - Segment.HEAD);
                    if ((int) crc.getValue() != frame.getInt(pos + 4)) {
                        throw new IOException("record " + i + " of a shard is corrupt");
                    }
                    int key = pos + Segment.HEAD + Segment.FIXED;
                    int keyLength = frame.getShort(key - 2);
                    if (!visitor.record(
                            i,
                            frame.getLong(pos + Segment.HEAD),
                            buffer,
                            key,
                            keyLength,
                            key + keyLength,
                            need - Segment.HEAD - Segment.FIXED - keyLength)) {
                        return i;
                    }
                }
                pos += need;
                i++;
            }
            return i;
        }
    }

    /** Deletes files of which every record came before that time. */
    synchronized void trim(long millis) throws IOException {
        while (segments.size() > 1 && segments.get(1).firstTime() < millis) {
            segments.remove(0).delete();
        }
        Segment only = segments.get(0);
        if (segments.size() == 1 && only.size() > 0 && only.lastTime() < millis) {
            Segment empty = Segment.create(folder, only.next());
            // The empty file says where the shard went on, should the process end now.
            empty.channel();
            segments.add(empty);
            segments.remove(0).delete();
        }
    }

    /** Closes its files. */
    synchronized void close() throws IOException {
        for (Segment segment : segments) {
            segment.close();
        }
    }
}
