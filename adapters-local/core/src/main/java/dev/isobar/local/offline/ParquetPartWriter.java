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
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/** Writes rows to a temporary file that gets its name when it is whole. Not thread safe. */
final class ParquetPartWriter implements PartWriter {
    private final Schema schema;
    private final FieldType[] types;
    private final boolean[] nullable;
    private final boolean[] checked;
    private final String table;
    private final String part;
    private final Path target;
    private final Path temporary;
    private final Supplier<PartInfo> existing;
    private Schema fits;
    private @Nullable ParquetFile file;

    ParquetPartWriter(Schema schema, String table, String part, Path target, Supplier<PartInfo> existing) {
        this.schema = schema;
        this.fits = schema;
        this.types = schema.fields().stream().map(Field::type).toArray(FieldType[]::new);
        this.nullable = new boolean[types.length];
        this.checked = new boolean[types.length];
        for (int i = 0; i < types.length; i++) {
            nullable[i] = schema.field(i).nullable();
            checked[i] = types[i].isTemporal() || types[i] == FieldType.INT32;
        }
        this.table = table;
        this.part = part;
        this.target = target;
        this.temporary = AtomicFiles.temporaryBeside(target);
        this.existing = existing;
        try {
            this.file = new ParquetFile(temporary, schema);
        } catch (IOException e) {
            throw IsobarException.io("starting part " + part + " of " + table, e);
        }
    }

    @Override
    public void append(Row row) {
        ParquetFile out = open();
        check(row);
        try {
            out.append(row);
        } catch (IOException e) {
            throw IsobarException.io("adding row " + out.rows() + " to part " + part + " of " + table, e);
        }
    }

    @Override
    public PartInfo commit() {
        ParquetFile out = open();
        try {
            out.finish();
            if (AtomicFiles.publishExclusively(temporary, target)) {
                return new PartInfo(part, out.rows(), Files.size(target));
            }
            return existing.get();
        } catch (IOException e) {
            throw IsobarException.io("writing part " + part + " of " + table, e);
        } finally {
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
        ParquetFile open = file;
        file = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            throw IsobarException.io("closing part " + part + " of " + table, e);
        } finally {
            AtomicFiles.discard(temporary);
        }
    }

    private ParquetFile open() {
        if (file == null) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The part " + part + " of " + table + " is already committed or closed")
                    .at("OfflineStore", "write")
                    .resource(table)
                    .build();
        }
        return file;
    }

    private void check(Row row) {
        if (row.schema() != fits) {
            if (!row.schema().equals(schema)) {
                throw invalid("A row of " + row.schema() + " does not fit the table " + table);
            }
            // Rows of one writer share one object nearly always; comparing columns costs more than writing them.
            fits = row.schema();
        }
        for (int i = 0; i < types.length; i++) {
            if (row.isNull(i)) {
                if (!nullable[i]) {
                    throw invalid("The column " + schema.field(i).name() + " of " + table + " must have a value");
                }
            } else if (checked[i]) {
                check(i, row);
            }
        }
    }

    private void check(int slot, Row row) {
        String name = schema.field(slot).name();
        if (!Columns.storable(types[slot], row.word(slot))) {
            throw invalid("The column " + name + " of " + table + " cannot hold " + row.word(slot)
                    + " microseconds, a value DuckDB keeps for infinity");
        }
        if (types[slot] == FieldType.INT32 && row.word(slot) != (int) row.word(slot)) {
            throw invalid("The column " + name + " of " + table + " cannot hold " + RowText.format(row, slot));
        }
    }

    private IsobarException invalid(String message) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .at("OfflineStore", "append")
                .resource(table)
                .build();
    }
}
