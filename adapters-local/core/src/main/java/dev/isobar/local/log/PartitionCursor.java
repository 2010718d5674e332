package dev.isobar.local.log;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.FrameReader;
import dev.isobar.port.EventStream.EventSink;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The reading side of one partition. Takes no lock: what is not a whole frame yet is not there yet. Not thread safe. */
final class PartitionCursor {
    /** No time is sought. */
    static final long NO_TIME = Long.MIN_VALUE;

    private final Segments segments;
    private final int partition;
    private final BatchCodec codec = new BatchCodec();
    private long base;
    private RandomAccessFile file;
    private @Nullable Object identity;
    private FrameReader frames;
    private ByteBuffer payload = ByteBuffer.allocate(0);
    private int index;
    private int events;
    private LogPosition last;
    private long availableFrom;

    PartitionCursor(Path directory, int partition, LogPosition after, long availableFrom) throws IOException {
        this.segments = new Segments(directory);
        this.partition = partition;
        this.last = after;
        this.availableFrom = availableFrom;
        Map.Entry<Long, Path> segment = segments.list().floorEntry(after.frame());
        if (segment == null) {
            throw new NoSuchFileException(directory.toString());
        }
        this.base = segment.getKey();
        this.file = new RandomAccessFile(segment.getValue().toFile(), "r");
        this.identity = Segments.identity(segment.getValue());
        this.frames = new FrameReader(file, segment.getValue(), base, after.frame());
        if (after.frame() > base + file.length()) {
            file.close();
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The position " + after.toPosition().token() + " lies behind the end of partition "
                                    + partition)
                    .hint("It belongs to another stream, or to one of this name that has been deleted since.")
                    .build();
        }
    }

    /** Shows the next events, at most {@code max} and at most what one frame holds; returns how many, −1 if there are none now. */
    int show(int max, EventSink into) throws IOException {
        while (index >= events) {
            if (!nextFrame()) {
                return -1;
            }
        }
        int shown = 0;
        for (; index < events && shown < max; index++) {
            boolean wanted = BatchCodec.alive(payload)
                    && (frames.offset() != last.frame() || index > last.index())
                    && BatchCodec.availableTime(payload) >= availableFrom;
            if (!wanted) {
                BatchCodec.skip(payload);
                continue;
            }
            availableFrom = NO_TIME;
            codec.show(payload, partition, frames.offset(), index, into);
            shown++;
        }
        return shown;
    }

    void close() throws IOException {
        file.close();
    }

    private boolean nextFrame() throws IOException {
        while (!frames.next()) {
            if (!followFiles()) {
                return false;
            }
        }
        payload = PartitionLog.payload(frames);
        BatchCodec.Head head = BatchCodec.head(payload);
        index = 0;
        events = availableFrom != NO_TIME && head.latestAvailable() < availableFrom ? 0 : head.events();
        return true;
    }

    /** At the end of this file: the log may go on in the next one, or an erasure may have put another in its place. */
    private boolean followFiles() throws IOException {
        long at = frames.nextOffset();
        Path current = segments.at(base);
        Object now;
        try {
            now = Segments.identity(current);
        } catch (NoSuchFileException e) {
            throw IsobarException.of(
                            ErrorCode.NOT_FOUND, "The stream was deleted while it was read: " + current + " is gone")
                    .resource(current.toString())
                    .hint("Open a new reader if the stream has been made again.")
                    .cause(e)
                    .build();
        }
        if (!Objects.equals(now, identity)) {
            reopen(base, at);
            return true;
        }
        if (at > base && at == base + file.length() && Files.exists(segments.at(at))) {
            reopen(at, at);
            return true;
        }
        return false;
    }

    private void reopen(long segment, long at) throws IOException {
        file.close();
        base = segment;
        Path path = segments.at(segment);
        file = new RandomAccessFile(path.toFile(), "r");
        identity = Segments.identity(path);
        frames = new FrameReader(file, path, segment, at);
    }
}
