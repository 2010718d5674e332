package dev.isobar.runtime.spill;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.state.Spill;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Blocks in one file, which is removed when it is closed. A block takes the next power of two of its size; the place of a dropped one is used again. Not
 * thread safe.
 *
 * @since 0.1
 */
public final class FileSpill implements Spill, AutoCloseable {
    private static final int SMALLEST = 12;

    private final Path path;
    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.nativeOrder());
    private final LongBuffer asWords = buffer.asLongBuffer();
    private final Map<Long, Extent> extents = new HashMap<>();
    private final Map<Integer, Deque<Long>> free = new HashMap<>();
    private long end;

    private record Extent(long offset, int sizeClass) {}

    /**
     * Opens a file of its own in a folder.
     *
     * @throws IsobarException if it cannot be made
     */
    public FileSpill(Path folder) {
        try {
            Files.createDirectories(folder);
            this.path = Files.createTempFile(folder, "state-", ".spill");
            this.file = FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        } catch (IOException e) {
            throw IsobarException.io("opening a file for kernel state in " + folder, e);
        }
    }

    /** Bytes that the file takes. */
    public long bytes() {
        return end;
    }

    @Override
    public void write(long number, long[] words) {
        int sizeClass = sizeClass(words.length);
        Extent had = extents.get(number);
        Extent extent = had != null && had.sizeClass == sizeClass ? had : new Extent(place(sizeClass), sizeClass);
        try {
            int step = buffer.capacity() / 8;
            for (int from = 0; from < words.length; from += step) {
                int n = Math.min(step, words.length - from);
                asWords.put(0, words, from, n);
                buffer.clear().limit(8 * n);
                long at = extent.offset + 8L * from;
                while (buffer.hasRemaining()) {
                    at += file.write(buffer, at);
                }
            }
        } catch (IOException e) {
            if (extent != had) {
                release(extent);
            }
            throw IsobarException.io("writing kernel state to " + path, e);
        }
        if (had != null && had != extent) {
            release(had);
        }
        extents.put(number, extent);
    }

    @Override
    public void read(long number, long[] into) {
        Extent extent = extents.get(number);
        if (extent == null || extent.sizeClass != sizeClass(into.length)) {
            throw IsobarException.of(
                            ErrorCode.INTERNAL, "Block " + number + " of the kernel's state was never written.")
                    .resource(path.toString())
                    .build();
        }
        try {
            int step = buffer.capacity() / 8;
            for (int from = 0; from < into.length; from += step) {
                int n = Math.min(step, into.length - from);
                buffer.clear().limit(8 * n);
                long at = extent.offset + 8L * from;
                while (buffer.hasRemaining()) {
                    int read = file.read(buffer, at);
                    if (read < 0) {
                        throw new IOException("the file ends early");
                    }
                    at += read;
                }
                asWords.get(0, into, from, n);
            }
        } catch (IOException e) {
            throw IsobarException.io("reading kernel state from " + path, e);
        }
    }

    @Override
    public void drop(long number) {
        Extent had = extents.remove(number);
        if (had != null) {
            release(had);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw IsobarException.io("closing " + path, e);
        }
    }

    private static int sizeClass(int words) {
        return Math.max(SMALLEST, 64 - Long.numberOfLeadingZeros(8L * words - 1));
    }

    private long place(int sizeClass) {
        Deque<Long> places = free.get(sizeClass);
        Long known = places == null ? null : places.poll();
        if (known != null) {
            return known;
        }
        long offset = end;
        end += 1L << sizeClass;
        return offset;
    }

    private void release(Extent extent) {
        free.computeIfAbsent(extent.sizeClass, c -> new ArrayDeque<>()).push(extent.offset);
    }
}
