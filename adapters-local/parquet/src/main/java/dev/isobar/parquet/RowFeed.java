package dev.isobar.parquet;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.Schema;
import java.util.ArrayDeque;
import java.util.Deque;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.jspecify.annotations.Nullable;

/**
 * Hands blocks of rows from the thread that appends them to the one in which DuckDB asks for them. A few blocks exist, so that whoever is faster waits. Thread safe.
 */
final class RowFeed {
    /** One is being filled, one read, and two lie between, so that neither waits for a moment's delay of the other. */
    private static final int BLOCKS = 4;

    private final Schema schema;
    private final Deque<RowBlock> full = new ArrayDeque<>();
    private final Deque<RowBlock> free = new ArrayDeque<>();
    private @Nullable RowBlock reading;
    private boolean ended;
    private boolean stopped;

    RowFeed(Schema schema) {
        this.schema = schema;
        for (int i = 0; i < BLOCKS; i++) {
            free.add(new RowBlock(schema));
        }
    }

    /**
     * A block to fill; waits for one.
     *
     * @return null if nobody reads any more
     */
    synchronized @Nullable RowBlock take() {
        while (free.isEmpty() && !stopped) {
            await();
        }
        return stopped ? null : free.remove();
    }

    /** Gives a filled block on. */
    synchronized void put(RowBlock block) {
        full.add(block);
        notifyAll();
    }

    /** Nothing follows. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Neither side is to wait for the other any more. */
    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    /** What DuckDB asks first: the columns. */
    void describe(DuckDBTableFunctionBindInfo into) {
        for (int i = 0; i < schema.size(); i++) {
            Field field = schema.field(i);
            into.addResultColumn(
                    "c" + i,
                    switch (field.type()) {
                        case STRING -> DuckDBColumnType.VARCHAR;
                        case INT32 -> DuckDBColumnType.INTEGER;
                        case INT64, TIMESTAMP, LOCAL_TIMESTAMP -> DuckDBColumnType.BIGINT;
                        case FLOAT64 -> DuckDBColumnType.DOUBLE;
                        case BOOL -> DuckDBColumnType.BOOLEAN;
                    });
        }
    }

    /** What DuckDB asks then, again and again: some rows; 0 at the end. */
    long fill(DuckDBDataChunkWriter chunk) {
        RowBlock block = nextFull();
        if (block == null) {
            return 0;
        }
        block.copyTo(chunk);
        return block.rows();
    }

    private synchronized @Nullable RowBlock nextFull() {
        RowBlock read = reading;
        if (read != null) {
            read.clear();
            free.add(read);
            reading = null;
            notifyAll();
        }
        while (full.isEmpty() && !ended && !stopped) {
            await();
        }
        if (stopped) {
            throw new IllegalStateException("the part was given up");
        }
        reading = full.poll();
        return reading;
    }

    private void await() {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while rows were handed to DuckDB")
                    .at("OfflineStore", "write")
                    .cause(e)
                    .build();
        }
    }
}
