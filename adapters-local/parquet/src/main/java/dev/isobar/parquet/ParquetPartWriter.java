package dev.isobar.parquet;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Hands rows to DuckDB, which writes them to a file in a thread of its own as they come; when it is whole, its owner makes it a part. So a part of any length needs the memory of a row group. Not thread safe.
 */
public final class ParquetPartWriter implements PartWriter {
    /**
     * A dictionary helps columns of few values, where it ends up small; to find out that one does not help costs a third of all the work of writing, less if it is given up early.
     */
    private static final String FORMAT = " (FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1024)";

    private final DuckDb duck;
    private final Layout layout;
    private final Schema schema;
    private final FieldType[] types;
    private final boolean[] required;
    /** Whether there are words that the column cannot hold. */
    private final boolean[] narrow;

    private final String table;
    private final String part;
    private final Path temporary;
    private final Publication publication;
    private final RowFeed feed;
    private final Thread copying;
    /** How many rows DuckDB says that it wrote; −1 until it has ended well. */
    private volatile long written = -1;

    private volatile @Nullable IsobarException failure;
    private @Nullable RowBlock block;
    private long rows;
    private boolean closed;
    private @Nullable Schema checked;

    /** Makes a whole file a part. */
    @FunctionalInterface
    public interface Publication {
        /**
         * The file goes after this call.
         *
         * @return the part that has the name by then, which may be one that somebody else made first
         */
        PartInfo publish(Path whole, long rows) throws IOException;
    }

    /**
     * Starts to write.
     *
     * @param table and {@code part}, for errors
     * @param temporary the file to write, in a folder that exists
     */
    public ParquetPartWriter(
            DuckDb duck, Layout layout, String table, String part, Path temporary, Publication publication) {
        this.duck = duck;
        this.layout = layout;
        this.schema = layout.schema();
        this.types = schema.fields().stream().map(Field::type).toArray(FieldType[]::new);
        this.required = new boolean[types.length];
        this.narrow = new boolean[types.length];
        for (int i = 0; i < types.length; i++) {
            required[i] = !schema.field(i).nullable();
            narrow[i] = types[i].isTemporal() || types[i] == FieldType.INT32;
        }
        this.table = table;
        this.part = part;
        this.temporary = temporary;
        this.publication = publication;
        this.feed = new RowFeed(schema);
        DuckDBConnection connection = duck.connect();
        this.copying = new Thread(() -> write(connection), "isobar-parquet-" + table + "-" + part);
        // Whoever ends without closing wants nothing of this part.
        copying.setDaemon(true);
        copying.start();
    }

    /** The other thread: DuckDB pulls the rows until there are no more. */
    private void write(DuckDBConnection connection) {
        long number = duck.offer(feed);
        try (connection) {
            written = copy(
                    connection,
                    "SELECT " + layout.named() + " FROM " + DuckDb.ROWS + "(" + number + ")",
                    temporary);
        } catch (SQLException e) {
            failure = duck.failure("writing part " + part + " of " + table, e, ErrorCode.UNAVAILABLE);
        } finally {
            duck.withdraw(number);
            feed.stop();
        }
    }

    @Override
    public void append(Row row) {
        checkOpen();
        check(row);
        RowBlock into = block;
        if (into == null) {
            into = feed.take();
            if (into == null) {
                throw failed();
            }
            block = into;
        }
        into.add(row);
        rows++;
        if (into.isFull()) {
            block = null;
            feed.put(into);
        }
    }

    private IsobarException failed() {
        IsobarException why = failure;
        return why != null
                ? why
                : IsobarException.of(
                                ErrorCode.INTERNAL,
                                "DuckDB wrote " + written + " of " + rows + " rows of part " + part + " of " + table)
                        .at("OfflineStore", "write")
                        .resource(table)
                        .build();
    }

    @Override
    public PartInfo commit() {
        checkOpen();
        try {
            RowBlock rest = block;
            block = null;
            if (rest != null) {
                feed.put(rest);
            }
            feed.end();
            join();
            // A part that lost rows on the way must not appear, whatever lost them.
            if (written != rows) {
                throw failed();
            }
            return publication.publish(temporary, rows);
        } catch (IOException e) {
            throw IsobarException.io("writing part " + part + " of " + table, e);
        } finally {
            close();
        }
    }

    private void join() {
        boolean interrupted = false;
        while (true) {
            try {
                copying.join();
                break;
            } catch (InterruptedException e) {
                // It works on a file that is about to be published or removed: neither may happen before it has ended.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Copies what a query gives to a Parquet file; returns how many rows. */
    public static long copy(DuckDBConnection connection, String query, Path file) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeLargeUpdate("COPY (" + query + ") TO " + DuckDb.literal(file.toString()) + FORMAT);
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        block = null;
        feed.stop();
        join();
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw IsobarException.io("removing " + temporary, e);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The part " + part + " of " + table + " is already committed or closed")
                    .at("OfflineStore", "write")
                    .resource(table)
                    .build();
        }
    }

    private void check(Row row) {
        // Rows come from one place; to compare names for each of them would cost as much as to write it.
        if (row.schema() != checked && !row.schema().equals(schema)) {
            throw invalid("A row of " + row.schema() + " does not fit the table " + table);
        }
        checked = row.schema();
        for (int i = 0; i < types.length; i++) {
            if (row.isNull(i)) {
                if (required[i]) {
                    throw invalid("The column " + schema.field(i).name() + " of " + table + " must have a value");
                }
            } else if (narrow[i]) {
                checkRange(i, row);
            }
        }
    }

    private void checkRange(int slot, Row row) {
        long word = row.word(slot);
        if (!layout.storable(slot, word)) {
            throw invalid("The column " + schema.field(slot).name() + " of " + table + " cannot hold " + word
                    + " microseconds, a value DuckDB keeps for infinity");
        }
        if (types[slot] == FieldType.INT32 && word != (int) word) {
            throw invalid("The column " + schema.field(slot).name() + " of " + table + " cannot hold "
                    + RowText.format(row, slot));
        }
    }

    private IsobarException invalid(String message) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .at("OfflineStore", "append")
                .resource(table)
                .build();
    }
}
