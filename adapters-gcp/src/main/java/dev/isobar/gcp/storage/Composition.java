package dev.isobar.gcp.storage;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import com.google.cloud.storage.Storage.ComposeRequest;
import com.google.cloud.storage.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A large file that goes up in parts at once and is made one object only when all of them are there. Google's client has the same, but ends it with an object also when
 * the file could not be read to its end. Used once.
 *
 * @see <a href="https://cloud.google.com/storage/docs/parallel-composite-uploads">parallel composite uploads</a>
 */
final class Composition {
    private static final Logger LOG = LoggerFactory.getLogger(Composition.class);

    /** As many as one call composes. */
    private static final int MOST_PARTS = 32;

    /** Shorter ones do not pay. Bytes. */
    private static final long SHORTEST_PART = 16 << 20;

    /** Of a part in memory, and what is sent again at most. Bytes. */
    private static final int BUFFER = 8 << 20;

    private final Storage client;
    private final ExecutorService threads;
    private final String bucket;
    private final String names;

    /** Parts whose names begin so, sent by as many threads as there are. */
    Composition(Storage client, ExecutorService threads, String bucket, String names) {
        this.client = client;
        this.threads = threads;
        this.bucket = bucket;
        this.names = names;
    }

    /**
     * Sends a file. No part is left, unless it cannot be removed.
     *
     * @param object with its checksum
     */
    Blob send(BlobInfo object, Path source, long bytes, long generation) throws IOException {
        int count = (int) Math.min(MOST_PARTS, (bytes + SHORTEST_PART - 1) / SHORTEST_PART);
        long length = (bytes + count - 1) / count;
        List<Future<Blob>> sending = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                BlobInfo part = part(object, i);
                long from = i * length;
                long end = Math.min(bytes, from + length);
                sending.add(threads.submit(() -> part(part, source, from, end)));
            }
            ComposeRequest.Builder request = ComposeRequest.newBuilder()
                    .setTarget(object)
                    .setTargetOptions(BlobTargetOption.generationMatch(generation));
            for (Future<Blob> each : sending) {
                Blob part = each.get();
                request.addSource(part.getName(), part.getGeneration());
            }
            return client.compose(request.build());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StorageException answer) {
                throw answer;
            }
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            sending.forEach(each -> each.cancel(false));
            for (int i = 0; i < sending.size(); i++) {
                remove(sending.get(i), part(object, i).getBlobId());
            }
        }
    }

    private BlobInfo part(BlobInfo object, int index) {
        return BlobInfo.newBuilder(BlobId.of(bucket, names + index))
                .setContentType(object.getContentType())
                .setMetadata(Map.of("isobar-part-of", object.getName()))
                .build();
    }

    private Blob part(BlobInfo part, Path source, long from, long end) throws IOException {
        try (FileChannel file =
                        FileChannel.open(source, StandardOpenOption.READ).position(from);
                InputStream content = new Slice(Channels.newInputStream(file), source, end - from)) {
            return client.createFrom(part, content, BUFFER, BlobWriteOption.generationMatch(0));
        }
    }

    private void remove(Future<Blob> sent, BlobId part) {
        try {
            if (!sent.isCancelled()) {
                // It may be under way still.
                sent.get();
            }
        } catch (ExecutionException | CancellationException e) {
            LOG.debug("Part {} did not arrive", part.getName(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            client.delete(part);
        } catch (StorageException e) {
            LOG.warn("The part {} of an upload could not be removed; it is listed until it is", part.getName(), e);
        }
    }

    /** Some of a file's bytes; that there are fewer is a failure. */
    private static final class Slice extends InputStream {
        private final InputStream file;
        private final Path source;
        private long left;

        Slice(InputStream file, Path source, long length) {
            this.file = file;
            this.source = source;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int most) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = file.read(buffer, offset, (int) Math.min(most, left));
            if (n < 0) {
                throw new EOFException(source + " has become shorter while it went up");
            }
            left -= n;
            return n;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
