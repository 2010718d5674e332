package dev.isobar.local.offline;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.port.OfflineStore.PartInfo;
import dev.isobar.port.OfflineStore.PartWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Supplier;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/** Collects rows in a temporary table of DuckDB, which spills, and copies them to a file that gets its name when whole. Not thread safe. */
final class ParquetPartWriter implements PartWriter {
    private static final String BUFFER = "part";

    private final DuckDb duck;
    private final Schema schema;
    private final FieldType[] types;
    private final String table;
    private final String part;
    private final Path target;
    private final Supplier<PartInfo> existing;
    private @Nullable DuckDBConnection connection;
    private @Nullable DuckDBAppender appender;
    private long rows;
    private @Nullable Schema checked;

    ParquetPartWriter(DuckDb duck, Schema schema, String table, String part, Path target, Supplier<PartInfo> existing) {
        this.duck = duck;
        this.schema = schema;
        this.types = schema.fields().stream().map(Field::type).toArray(FieldType[]::new);
        this.table = table;
        this.part = part;
        this.target = target;
        this.existing = existing;
        DuckDBConnection opened = duck.connect();
        connection = opened;
        try (Statement statement = opened.createStatement()) {
            statement.execute("CREATE TEMP TABLE " + BUFFER + " " + Columns.definition(schema));
            DuckDBAppender created = opened.createAppender("temp", "main", BUFFER);
            // The port lets threads take turns; the caller's lock is enough, DuckDB's own is not needed beside it.
            java.util.concurrent.locks.Lock unused = created.unsafeBreakThreadConfinement();
            appender = created;
        } catch (SQLException e) {
            close();
            throw duck.failure("starting part " + part + " of " + table, e, ErrorCode.UNAVAILABLE);
        }
    }

    @Override
    public void append(Row row) {
        DuckDBAppender out = open();
        check(row);
        try {
            out.beginRow();
            for (int i = 0; i < types.length; i++) {
                if (row.isNull(i)) {
                    out.appendNull();
                    continue;
                }
                switch (types[i]) {
                    case STRING -> out.append(row.text(i));
                    case INT32 -> out.append((int) row.word(i));
                    case INT64 -> out.append(row.word(i));
                    case FLOAT64 -> out.append(row.float64(i));
                    case BOOL -> out.append(row.word(i) != 0);
                    case TIMESTAMP, LOCAL_TIMESTAMP -> out.appendEpochMicros(row.word(i));
                }
            }
            out.endRow();
            rows++;
        } catch (SQLException e) {
            throw duck.failure("adding row " + rows + " to part " + part + " of " + table, e, ErrorCode.UNAVAILABLE);
        }
    }

    @Override
    public PartInfo commit() {
        DuckDBAppender out = open();
        Path temporary = AtomicFiles.temporaryBeside(target);
        try {
            out.close();
            appender = null;
            copy(duck, java.util.Objects.requireNonNull(connection), "temp.main." + BUFFER, temporary);
            if (AtomicFiles.publishExclusively(temporary, target)) {
                return new PartInfo(part, rows, Files.size(target));
            }
            return existing.get();
        } catch (SQLException e) {
            throw duck.failure("writing part " + part + " of " + table, e, ErrorCode.UNAVAILABLE);
        } catch (IOException e) {
            throw IsobarException.io("writing part " + part + " of " + table, e);
        } finally {
            AtomicFiles.discard(temporary);
            close();
        }
    }

    /** Copies what a FROM clause names to a Parquet file and forces it to the disk. */
    static void copy(DuckDb duck, DuckDBConnection connection, String from, Path file)
            throws SQLException, IOException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT * FROM " + from + ") TO " + DuckDb.literal(file.toString())
                    + " (FORMAT parquet, COMPRESSION snappy)");
        }
        AtomicFiles.syncFile(file);
    }

    @Override
    public void close() {
        DuckDBConnection open = connection;
        connection = null;
        try {
            // Closing the appender would flush what nobody wants; its connection takes it along.
            appender = null;
            if (open != null) {
                open.close();
            }
        } catch (SQLException e) {
            throw duck.failure("closing part " + part + " of " + table, e, ErrorCode.INTERNAL);
        }
    }

    private DuckDBAppender open() {
        if (appender == null) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The part " + part + " of " + table + " is already committed or closed")
                    .at("OfflineStore", "write")
                    .resource(table)
                    .build();
        }
        return appender;
    }

    private void check(Row row) {
        // Rows come from one place; to compare names for each of them would cost as much as to write it.
        if (row.schema() != checked && !row.schema().equals(schema)) {
            throw invalid("A row of " + row.schema() + " does not fit the table " + table);
        }
        checked = row.schema();
        for (int i = 0; i < types.length; i++) {
            Field field = schema.field(i);
            if (row.isNull(i)) {
                if (!field.nullable()) {
                    throw invalid("The column " + field.name() + " of " + table + " must have a value");
                }
            } else if (!Columns.storable(types[i], row.word(i))) {
                throw invalid("The column " + field.name() + " of " + table + " cannot hold " + row.word(i)
                        + " microseconds, a value DuckDB keeps for infinity");
            } else if (types[i] == FieldType.INT32 && row.word(i) != (int) row.word(i)) {
                throw invalid("The column " + field.name() + " of " + table + " cannot hold " + RowText.format(row, i));
            }
        }
    }

    private IsobarException invalid(String message) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .at("OfflineStore", "append")
                .resource(table)
                .build();
    }
}
