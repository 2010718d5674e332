package dev.isobar.emulator.aws.kinesis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of records: {@code int length, int CRC-32C of what follows, long arrival in ms, short length of the key, key, data}, big endian; {@code length}
 * counts what follows the check sum. The name is the index of the first record. In memory is one entry for every {@value #STRIDE} bytes or so: 20 bytes
 * for 16 KiB. Guarded by its log.
 */
final class Segment {
    /** Bytes of length and check sum. */
    static final int HEAD = 8;
    /** Bytes of arrival and key's length. */
    static final int FIXED = 10;

    private static final int STRIDE = 16 * 1024;
    private static final String SUFFIX = ".log";
    private static final int SCAN_BYTES = 1 << 20;

    private final Path file;
    private final long first;
    private @Nullable FileChannel channel;
    private boolean indexed;
    private long torn;
    private int size;
    private int count;
    private long lastTime;
    private int entries;
    private int[] indexes = new int[16];
    private int[] offsets = new int[16];
    private long[] times = new long[16];
    private int lastEntryAt = -STRIDE;

    private Segment(Path file, long first) {
        this.file = file;
        this.first = first;
    }

    /** A new one; its file comes with the first record. */
    static Segment create(Path folder, long first) {
        Segment segment = new Segment(folder.resolve("%019d%s".formatted(first, SUFFIX)), first);
        segment.indexed = true;
        return segment;
    }

    /** One that is there, or null if the file is none. It is not read yet. */
    static @Nullable Segment at(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(SUFFIX)
                ? new Segment(file, Long.parseLong(name.substring(0, name.length() - SUFFIX.length())))
                : null;
    }

    long first() {
        return first;
    }

    /** Index behind the last record. */
    long next() throws IOException {
        index();
        return first + count;
    }

    int size() throws IOException {
        index();
        return size;
    }

    /** Arrival of the last record; 0 if there is none. */
    long lastTime() throws IOException {
        index();
        return lastTime;
    }

    /** Arrival of the first record; {@link Long#MAX_VALUE} if there is none. */
    long firstTime() throws IOException {
        index();
        return entries == 0 ? Long.MAX_VALUE : times[0];
    }

    FileChannel channel() throws IOException {
        FileChannel open = channel;
        if (open == null) {
            open = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel = open;
        }
        return open;
    }

    /** Notes a record that was written at the end. */
    void wrote(int bytes, long time) {
        if (size - lastEntryAt >= STRIDE) {
            if (entries == indexes.length) {
                indexes = Arrays.copyOf(indexes, entries * 2);
                offsets = Arrays.copyOf(offsets, entries * 2);
                times = Arrays.copyOf(times, entries * 2);
            }
            indexes[entries] = count;
            offsets[entries] = size;
            times[entries] = time;
            entries++;
            lastEntryAt = size;
        }
        size += bytes;
        count++;
        lastTime = time;
    }

    /** The entry with the largest index that is not above; -1 if there is none. */
    int entryAt(long index) throws IOException {
        index();
        int found = Arrays.binarySearch(indexes, 0, entries, (int) Math.min(index - first, Integer.MAX_VALUE));
        return found >= 0 ? found : -found - 2;
    }

    /** The last entry that came before that time; the first one if all came later; -1 if there is none. */
    int entryBefore(long time) throws IOException {
        index();
        int low = 0;
        int high = entries - 1;
        int found = entries == 0 ? -1 : 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (times[middle] < time) {
                found = middle;
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return found;
    }

    long indexOf(int entry) {
        return first + indexes[entry];
    }

    int offsetOf(int entry) {
        return offsets[entry];
    }

    /** Reads the file once to know what is in it. */
    private void index() throws IOException {
        if (indexed) {
            return;
        }
        indexed = true;
        FileChannel in = channel();
        long length = in.size();
        byte[] buffer = new byte[(int) Math.min(length, SCAN_BYTES)];
        CRC32C crc = new CRC32C();
        int filled = 0;
        int from = 0;
        while (true) {
            int need = HEAD;
            if (filled - from >= HEAD) {
                int body = ByteBuffer.wrap(buffer).getInt(from);
                if (body < FIXED || body > length - size - HEAD) {
                    break;
                }
                need = HEAD + body;
            } else if (size + HEAD > length) {
                break;
            }
            if (filled - from < need) {
                System.arraycopy(buffer, from, buffer, 0, filled - from);
                filled -= from;
                from = 0;
                if (buffer.length < need) {
                    buffer = Arrays.copyOf(buffer, need);
                }
                int read = in.read(ByteBuffer.wrap(buffer, filled, buffer.length - filled), (long) size + filled);
                if (read <= 0) {
                    break;
                }
                filled += read;
                continue;
            }
            ByteBuffer frame = ByteBuffer.wrap(buffer);
            crc.reset();
            crc.update(buffer, from + HEAD, need - HEAD);
            if ((int) crc.getValue() != frame.getInt(from + 4)) {
                break;
            }
            wrote(need, frame.getLong(from + HEAD));
            from += need;
        }
        torn = length - size;
    }

    /** Cuts off what a killed process left half written at the end of the last file. */
    void cut() throws IOException {
        index();
        if (torn > 0) {
            channel().truncate(size);
            torn = 0;
        }
    }

    void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    void delete() throws IOException {
        close();
        Files.deleteIfExists(file);
    }
}
