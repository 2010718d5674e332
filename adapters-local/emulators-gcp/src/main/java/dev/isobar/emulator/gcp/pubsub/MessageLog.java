package dev.isobar.emulator.gcp.pubsub;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import com.google.pubsub.v1.PubsubMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The messages of one topic in the order in which they came: a file of records (length, CRC-32C, the message with id and publish time), and where each
 * begins in memory. What was written is handed to the operating system before a publish is answered, so it survives the process being killed. Thread safe.
 */
final class MessageLog implements AutoCloseable {
    private static final int HEADER = 8;

    private final FileChannel file;
    private final long firstId;
    private long end;
    private int size;
    private long[] at = new long[1_024];
    private int[] length = new int[1_024];
    private long[] published = new long[1_024];

    private MessageLog(FileChannel file, long firstId) {
        this.file = file;
        this.firstId = firstId;
    }

    /**
     * Opens a log, an unfinished last record cut off.
     *
     * @param firstId the first message's id
     */
    static MessageLog open(Path path, long firstId) throws IOException {
        MessageLog log = new MessageLog(
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                firstId);
        log.scan();
        return log;
    }

    private void scan() throws IOException {
        long total = file.size();
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        while (end + HEADER <= total) {
            read(header.clear(), end);
            int bytes = header.getInt(0);
            if (bytes < 0 || end + HEADER + bytes > total) {
                break;
            }
            ByteBuffer body = ByteBuffer.allocate(bytes);
            read(body, end + HEADER);
            if (header.getInt(4) != crc(body.array())) {
                break;
            }
            PubsubMessage message = PubsubMessage.parseFrom(body.array());
            index(end, bytes, Timestamps.toMicros(message.getPublishTime()));
            end += HEADER + bytes;
        }
        file.truncate(end);
    }

    /** Adds messages and gives their ids. */
    synchronized List<String> append(List<PubsubMessage> messages, long[] publishMicros) {
        List<String> ids = new ArrayList<>(messages.size());
        List<byte[]> bodies = new ArrayList<>(messages.size());
        int total = 0;
        for (int i = 0; i < messages.size(); i++) {
            String id = Long.toString(firstId + size + i);
            Timestamp time = Timestamps.fromMicros(publishMicros[i]);
            byte[] body = messages.get(i).toBuilder()
                    .setMessageId(id)
                    .setPublishTime(time)
                    .build()
                    .toByteArray();
            ids.add(id);
            bodies.add(body);
            total += HEADER + body.length;
        }
        ByteBuffer out = ByteBuffer.allocate(total);
        for (byte[] body : bodies) {
            out.putInt(body.length).putInt(crc(body)).put(body);
        }
        out.flip();
        try {
            long to = end;
            while (out.hasRemaining()) {
                to += file.write(out, to);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = 0; i < bodies.size(); i++) {
            int bytes = bodies.get(i).length;
            index(end, bytes, publishMicros[i]);
            end += HEADER + bytes;
        }
        return ids;
    }

    private void index(long where, int bytes, long micros) {
        if (size == at.length) {
            at = Arrays.copyOf(at, size * 2);
            length = Arrays.copyOf(length, size * 2);
            published = Arrays.copyOf(published, size * 2);
        }
        at[size] = where;
        length[size] = bytes;
        published[size] = micros;
        size++;
    }

    /** How many there are. */
    synchronized int size() {
        return size;
    }

    /** When one was published, microseconds since the epoch. */
    synchronized long published(int offset) {
        return published[offset];
    }

    /** The first that was published at this time or later, given that nearly all times ascend; every earlier one is older. */
    synchronized int firstFrom(long micros) {
        for (int i = 0; i < size; i++) {
            if (published[i] >= micros) {
                return i;
            }
        }
        return size;
    }

    /** One message. */
    PubsubMessage read(int offset) {
        long where;
        int bytes;
        synchronized (this) {
            where = at[offset];
            bytes = length[offset];
        }
        ByteBuffer body = ByteBuffer.allocate(bytes);
        try {
            read(body, where + HEADER);
            return PubsubMessage.parseFrom(body.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(ByteBuffer into, long from) throws IOException {
        long where = from;
        while (into.hasRemaining()) {
            int got = file.read(into, where);
            if (got < 0) {
                throw new IOException("The message log ends at " + where + " where a record was expected");
            }
            where += got;
        }
    }

    private static int crc(byte[] body) {
        CRC32C crc = new CRC32C();
        crc.update(body);
        return (int) crc.getValue();
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
