package dev.isobar.local.log;

import dev.isobar.event.Event;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.Bytes;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.FrameReader;
import dev.isobar.local.file.Frames;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The writing side of one partition. What is known of its tail is kept in memory and checked against the file whenever the lock is taken, because
 * other processes append too. Thread safe: everything happens under the partition's lock.
 */
final class PartitionLog implements AutoCloseable {
    /** A frame is one write and one fsync, so that at most one frame is torn when a writer dies. */
    private static final int FRAME_BYTES = 8 << 20;

    private final Segments segments;
    private final Path lock;
    private final boolean fsync;
    private final Bytes out = new Bytes(1 << 16);
    private final Map<String, SequenceRanges> producers = new HashMap<>();
    private @Nullable RandomAccessFile file;
    private @Nullable Object identity;
    private long base;
    private long end;
    private long events;

    PartitionLog(Path directory, Path lock, boolean fsync) {
        this.segments = new Segments(directory);
        this.lock = lock;
        this.fsync = fsync;
    }

    /** How much is stored. */
    record Stored(long events, long bytes) {}

    /** Appends the events at these indices of a request; returns how many were new. */
    int append(String producer, long firstSequence, List<Event> request, int[] indices, int count) {
        return FileMutex.withLock(lock, () -> {
            refresh();
            SequenceRanges held = producers.computeIfAbsent(producer, p -> new SequenceRanges());
            int stored = 0;
            int i = 0;
            long covered = firstSequence;
            while (i < count) {
                out.reset().skip(Frames.HEADER);
                BatchCodec.OpenBatch batch = BatchCodec.begin(out, producer, covered);
                int taken = 0;
                long latest = Long.MIN_VALUE;
                for (; i < count && out.length() < FRAME_BYTES; i++) {
                    Event event = request.get(indices[i]);
                    if (!held.contains(firstSequence + indices[i])) {
                        BatchCodec.add(out, event);
                        latest = Math.max(latest, event.availableTime());
                        taken++;
                    }
                }
                long until = i == count ? firstSequence + request.size() : firstSequence + indices[i];
                if (taken > 0) {
                    BatchCodec.end(out, batch, until, latest, taken);
                    write();
                    held.add(covered, until);
                    events += taken;
                    stored += taken;
                }
                covered = until;
            }
            return stored;
        });
    }

    Stored stored() {
        return FileMutex.withLock(lock, () -> {
            refresh();
            return new Stored(events, end);
        });
    }

    /** Forces what readers may already have seen, so that a commit never outlives the events it speaks of. */
    long force() {
        return FileMutex.withLock(lock, () -> {
            refresh();
            open().getFD().sync();
            return end;
        });
    }

    /** Zeroes every event of a key, segment by segment, each replaced whole. Offsets stay. */
    long erase(String key) {
        byte[] wanted = key.getBytes(StandardCharsets.UTF_8);
        return FileMutex.withLock(lock, () -> {
            refresh();
            long erased = 0;
            for (Map.Entry<Long, Path> segment : segments.list().entrySet()) {
                erased += erase(segment.getKey(), segment.getValue(), wanted);
            }
            forget();
            return erased;
        });
    }

    private long erase(long segmentBase, Path path, byte[] key) throws IOException {
        long erased = 0;
        Path temporary = AtomicFiles.temporaryBeside(path);
        try (RandomAccessFile in = new RandomAccessFile(path.toFile(), "r")) {
            long[] count = new long[1];
            AtomicFiles.write(temporary, target -> {
                FrameReader frames = new FrameReader(in, path, segmentBase, segmentBase);
                while (frames.next()) {
                    ByteBuffer payload = payload(frames);
                    BatchCodec.Head head = BatchCodec.head(payload);
                    for (int i = 0; i < head.events(); i++) {
                        if (BatchCodec.alive(payload) && BatchCodec.hasKey(payload, key)) {
                            BatchCodec.wipe(payload);
                            count[0]++;
                        } else {
                            BatchCodec.skip(payload);
                        }
                    }
                    int start = frames.payloadStart() - Frames.HEADER;
                    Frames.seal(frames.buffer(), start, frames.payloadLength(), frames.offset());
                    target.write(frames.buffer(), start, Frames.HEADER + frames.payloadLength());
                }
            });
            erased = count[0];
            // The last segment is replaced in any case: that is how other processes see that their counts are old.
            if (erased > 0 || segmentBase == base) {
                Files.move(
                        temporary,
                        path,
                        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                AtomicFiles.syncDirectory(segments.directory());
            }
        } finally {
            AtomicFiles.discard(temporary);
        }
        return erased;
    }

    @Override
    public void close() {
        FileMutex.withLock(lock, () -> {
            forget();
            return 0;
        });
    }

    static ByteBuffer payload(FrameReader frames) {
        // slice: positions then count from the payload's first byte, and the array offset from the buffer's.
        return ByteBuffer.wrap(frames.buffer(), frames.payloadStart(), frames.payloadLength())
                .slice();
    }

    private void write() throws IOException {
        if (end - base >= Segments.ROLL_AT) {
            roll();
        }
        RandomAccessFile target = open();
        Frames.seal(out.array(), 0, out.length() - Frames.HEADER, end);
        try {
            target.seek(end - base);
            target.write(out.array(), 0, out.length());
            if (fsync) {
                target.getFD().sync();
            }
        } catch (IOException e) {
            // Half a frame may be there (a full disk). Take it back now, so that it does not wait for the next writer.
            try {
                target.setLength(end - base);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            forget();
            throw e;
        }
        end += out.length();
    }

    private void roll() throws IOException {
        open().getFD().sync();
        Path next = segments.at(end);
        AtomicFiles.createExclusively(next, new byte[0]);
        close(file);
        file = new RandomAccessFile(next.toFile(), "rw");
        identity = Segments.identity(next);
        base = end;
    }

    /** Brings memory up to the files, and cuts off what a killed writer left behind the last whole frame. */
    private void refresh() throws IOException {
        if (file == null || !Objects.equals(identity, Segments.identity(segments.at(base)))) {
            forget();
            // Only under the lock, so a temporary file here belongs to a killed eraser.
            AtomicFiles.sweep(segments.directory());
            Path first = segments.at(0);
            file = new RandomAccessFile(first.toFile(), "rw");
            identity = Segments.identity(first);
        }
        while (true) {
            RandomAccessFile current = open();
            long length = current.length();
            if (base + length != end) {
                scan(current, length);
            }
            Path next = segments.at(end);
            if (end == base || !Files.exists(next)) {
                return;
            }
            close(current);
            file = new RandomAccessFile(next.toFile(), "rw");
            identity = Segments.identity(next);
            base = end;
        }
    }

    private void scan(RandomAccessFile current, long length) throws IOException {
        FrameReader frames = new FrameReader(current, segments.at(base), base, end);
        while (frames.next()) {
            ByteBuffer payload = payload(frames);
            BatchCodec.Head head = BatchCodec.head(payload);
            producers
                    .computeIfAbsent(head.producer(), p -> new SequenceRanges())
                    .add(head.first(), head.end());
            for (int i = 0; i < head.events(); i++) {
                events += BatchCodec.alive(payload) ? 1 : 0;
                BatchCodec.skip(payload);
            }
            end = frames.nextOffset();
        }
        if (end < base + length) {
            current.setLength(end - base);
            current.getFD().sync();
        }
    }

    private RandomAccessFile open() throws IOException {
        if (file == null) {
            throw new IOException("the log of " + segments.directory() + " is not open");
        }
        return file;
    }

    private void forget() throws IOException {
        close(file);
        file = null;
        identity = null;
        base = 0;
        end = 0;
        events = 0;
        producers.clear();
    }

    private static void close(@Nullable RandomAccessFile file) throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
