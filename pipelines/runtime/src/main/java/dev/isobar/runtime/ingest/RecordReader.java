package dev.isobar.runtime.ingest;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Splits a file, plain or gzip by content, into CSV records with their line numbers. A quoted field may hold line ends; a quote that is not closed
 * within {@value #MAX_LINES} lines, or by something that makes no record of it, spoils only its own line. Not thread safe.
 */
final class RecordReader implements AutoCloseable {
    /** Lines that one record may span. */
    static final int MAX_LINES = 100;

    private final Path file;
    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private final Deque<RawRecord> putBack = new ArrayDeque<>();
    private int position;
    private int limit;
    private long line;

    private final long total;
    private final CountingStream counter;

    RecordReader(Path file) {
        this.file = file;
        try {
            this.total = Files.size(file);
            this.counter = new CountingStream(Files.newInputStream(file));
            BufferedInputStream raw = new BufferedInputStream(counter, 1 << 16);
            raw.mark(4);
            boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
            raw.reset();
            this.in = gzip ? new GZIPInputStream(raw, 1 << 16) : raw;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** Bytes of the file that were read so far, compressed ones if it is compressed. */
    long bytesRead() {
        return counter.count;
    }

    /** Bytes of the file. */
    long bytesTotal() {
        return total;
    }

    /**
     * The next record, or null at the end. Empty lines are passed over.
     *
     * @param record whether lines make a record together; asked only where a quote is open at a line's end
     */
    @Nullable
    RawRecord next(Predicate<RawRecord> record) {
        RawRecord first = line();
        while (first != null && first.bytes().length == 0) {
            first = line();
        }
        if (first == null || quotes(first.bytes()) % 2 == 0) {
            return first;
        }
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.writeBytes(first.bytes());
        int quotes = quotes(first.bytes());
        Deque<RawRecord> taken = new ArrayDeque<>();
        for (int i = 1; i < MAX_LINES && joined.size() <= CsvSource.MAX_RECORD_BYTES; i++) {
            RawRecord more = line();
            if (more == null) {
                break;
            }
            taken.add(more);
            joined.write('\n');
            joined.writeBytes(more.bytes());
            quotes += quotes(more.bytes());
            if (quotes % 2 == 0) {
                // Two stray quotes must not take the lines between them along.
                RawRecord together = new RawRecord(first.line(), joined.toByteArray());
                if (record.test(together)) {
                    return together;
                }
                break;
            }
        }
        while (!taken.isEmpty()) {
            putBack.addFirst(taken.removeLast());
        }
        return first;
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw IsobarException.io("closing " + file, e);
        }
    }

    private @Nullable RawRecord line() {
        if (!putBack.isEmpty()) {
            return putBack.removeFirst();
        }
        ByteArrayOutputStream carried = null;
        while (true) {
            int from = position;
            while (position < limit && buffer[position] != '\n') {
                position++;
            }
            if (position < limit) {
                byte[] content = content(carried, from, position);
                position++;

                line++;
                return new RawRecord(line, content);
            }
            if (from < limit) {
                carried = carried == null ? new ByteArrayOutputStream() : carried;
                carried.write(buffer, from, limit - from);
            }
            if (!fill()) {
                if (carried == null) {
                    return null;
                }
                line++;
                return new RawRecord(line, content(carried, 0, 0));
            }
        }
    }

    private byte[] content(@Nullable ByteArrayOutputStream carried, int from, int to) {
        byte[] content;
        if (carried == null) {
            content = java.util.Arrays.copyOfRange(buffer, from, to);
        } else {
            carried.write(buffer, from, to - from);
            content = carried.toByteArray();
        }
        int n = content.length;
        return n > 0 && content[n - 1] == '\r' ? java.util.Arrays.copyOf(content, n - 1) : content;
    }

    private boolean fill() {
        try {
            position = 0;
            limit = in.read(buffer, 0, buffer.length);
            if (limit <= 0) {
                limit = 0;
                return false;
            }
            return true;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private IsobarException broken(IOException e) {
        if (e instanceof EOFException || e instanceof ZipException) {
            return IsobarException.of(
                            ErrorCode.CORRUPT,
                            "The gzip file " + file + " is damaged or ends early, after line " + line + ": "
                                    + e.getMessage())
                    .resource(file.toString())
                    .hint(
                            "Nothing of it was ingested. Fetch or copy the file again (`gzip -t` checks it), then run the same command.")
                    .cause(e)
                    .build();
        }
        return IsobarException.io("reading " + file, e);
    }

    private static int quotes(byte[] bytes) {
        int n = 0;
        for (byte b : bytes) {
            if (b == '"') {
                n++;
            }
        }
        return n;
    }

    /** Counts what passes, for progress. */
    private static final class CountingStream extends java.io.FilterInputStream {
        private long count;

        CountingStream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) {
                count++;
            }
            return b;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            int n = super.read(b, off, len);
            if (n > 0) {
                count += n;
            }
            return n;
        }
    }
}
