package dev.isobar.gcp.bigquery;

import com.google.api.core.ApiFuture;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.Exceptions.OffsetAlreadyExists;
import com.google.cloud.bigquery.storage.v1.Exceptions.OffsetOutOfRange;
import com.google.cloud.bigquery.storage.v1.ProtoRows;
import com.google.cloud.bigquery.storage.v1.StreamWriter;
import com.google.protobuf.ByteString;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.gcp.client.GcpErrors;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a part's rows to a PENDING stream, each batch with the number of its first row: one that arrives twice is told by its offset, and one that got lost leaves a gap that
 * BigQuery refuses. A stream that is given up is removed by BigQuery. Not thread safe.
 */
final class StreamPartWriter implements PartWriter {
    /** About so many bytes go in one append. */
    private static final int BATCH = 2 << 20;

    private static final int BATCH_ROWS = 20_000;

    private final BigQueryDataset dataset;
    private final BigQueryTable table;
    private final String name;
    private final String part;
    private final RowEncoder encoder;
    private final Publication publication;
    private final Deque<ApiFuture<AppendRowsResponse>> underWay = new ArrayDeque<>();
    private ProtoRows.Builder batch = ProtoRows.newBuilder();
    private int batchBytes;
    private @Nullable StreamWriter stream;
    private long sent;
    private long rows;
    private long bytes;
    private boolean closed;

    /** Makes the rows of a finished stream a part. */
    @FunctionalInterface
    interface Publication {
        /**
         * Publishes.
         *
         * @param stream null if there are no rows
         * @return the part that has the name by then, which may be one that somebody else made first
         */
        PartInfo publish(@Nullable String stream, long rows, long bytes);
    }

    StreamPartWriter(BigQueryDataset dataset, BigQueryTable table, String name, String part, Publication publication) {
        this.dataset = dataset;
        this.table = table;
        this.name = name;
        this.part = part;
        this.encoder = new RowEncoder(table, name, part);
        this.publication = publication;
    }

    @Override
    public void append(Row row) {
        checkOpen();
        ByteString encoded = encoder.encode(row);
        if (batchBytes + encoded.size() > RowEncoder.MAX_ROW) {
            send();
        }
        batch.addSerializedRows(encoded);
        batchBytes += encoded.size();
        rows++;
        if (batchBytes >= BATCH || batch.getSerializedRowsCount() >= BATCH_ROWS) {
            send();
        }
    }

    private void send() {
        if (batch.getSerializedRowsCount() == 0) {
            return;
        }
        StreamWriter to = stream;
        if (to == null) {
            to = dataset.writer(dataset.createStream(table, "write", name), encoder.writer());
            stream = to;
        }
        try {
            underWay.add(to.append(batch.build(), sent));
        } catch (RuntimeException e) {
            throw dataset.errors().translate(e, "write", name);
        }
        sent += batch.getSerializedRowsCount();
        bytes += batchBytes;
        batch = ProtoRows.newBuilder();
        batchBytes = 0;
        while (!underWay.isEmpty() && underWay.element().isDone()) {
            await(underWay.remove());
        }
    }

    private void await(ApiFuture<AppendRowsResponse> append) {
        try {
            append.get();
        } catch (ExecutionException e) {
            Throwable why = GcpErrors.unwrap(e);
            if (why instanceof OffsetOutOfRange) {
                throw dataset.errors()
                        .error(
                                ErrorCode.INTERNAL,
                                "Rows of part " + part + " of " + name + " did not arrive: " + why.getMessage(),
                                "write",
                                name)
                        .hint("Run the same command again.")
                        .cause(why)
                        .build();
            }
            // It is there already: an attempt before had arrived, and its answer was lost.
            if (!(why instanceof OffsetAlreadyExists)) {
                throw dataset.errors().translate(why, "write", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw dataset.errors().translate(e, "write", name);
        }
    }

    @Override
    public PartInfo commit() {
        checkOpen();
        try {
            send();
            while (!underWay.isEmpty()) {
                await(underWay.remove());
            }
            StreamWriter from = stream;
            if (from == null) {
                return publication.publish(null, 0, 0);
            }
            long there = dataset.finish(from.getStreamName(), name);
            // A part that lost rows on the way must not appear, whatever lost them.
            if (there != rows) {
                throw dataset.errors()
                        .error(
                                ErrorCode.INTERNAL,
                                "BigQuery has " + there + " of " + rows + " rows of part " + part + " of " + name,
                                "commit",
                                name)
                        .hint("Run the same command again.")
                        .build();
            }
            return publication.publish(from.getStreamName(), rows, bytes);
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        batch = ProtoRows.newBuilder();
        StreamWriter open = stream;
        if (open != null) {
            dataset.release(open);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The part " + part + " of " + name + " is already committed or closed")
                    .at("OfflineStore", "write")
                    .resource(name)
                    .build();
        }
    }
}
