package dev.isobar.parquet;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.RowCursor;
import java.sql.SQLException;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions.FunctionException;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBReadableVector;
import org.jspecify.annotations.Nullable;

/** Reads DuckDB's column vectors chunk by chunk (2,048 rows), so that a scan of any length needs the memory of one. Not thread safe. */
public final class ParquetCursor implements RowCursor {
    private final DuckDb duck;
    private final String table;
    private final Schema schema;
    private final FieldType[] types;
    private final DuckDBReadableVector[] vectors;
    private final DuckDBConnection connection;
    private final DuckDBPreparedStatement statement;
    private final DuckDBChunkedResult result;
    private long row;
    private long rows;
    private boolean ended;
    private boolean closed;

    /**
     * Asks at once.
     *
     * @param sql gives the columns of {@link Layout#selection()}
     */
    public ParquetCursor(DuckDb duck, String table, Schema schema, String sql) {
        this.duck = duck;
        this.table = table;
        this.schema = schema;
        this.types = schema.fields().stream().map(Field::type).toArray(FieldType[]::new);
        this.vectors = new DuckDBReadableVector[types.length];
        this.connection = duck.connect();
        @Nullable DuckDBChunkedResult opened = null;
        try {
            statement = connection.prepare(sql);
            opened = statement.query();
        } catch (SQLException | FunctionException e) {
            throw failure(e);
        } finally {
            if (opened == null) {
                closeQuietlyAfterFailure();
            }
        }
        this.result = opened;
    }

    @Override
    public boolean next(Row into) {
        if (closed) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "The cursor over " + table + " is closed")
                    .at("OfflineStore", "scan")
                    .resource(table)
                    .build();
        }
        try {
            while (row >= rows) {
                if (ended || !nextChunk()) {
                    ended = true;
                    return false;
                }
            }
            for (int i = 0; i < types.length; i++) {
                DuckDBReadableVector vector = vectors[i];
                if (vector.isNull(row)) {
                    into.setNull(i);
                    continue;
                }
                switch (types[i]) {
                    case STRING -> into.setText(i, vector.getString(row));
                    case INT32 -> into.setWord(i, vector.getInt(row));
                    case INT64, TIMESTAMP, LOCAL_TIMESTAMP -> into.setWord(i, vector.getLong(row));
                    case FLOAT64 -> into.setFloat64(i, vector.getDouble(row));
                    case BOOL -> into.setWord(i, vector.getBoolean(row) ? 1 : 0);
                }
            }
            row++;
            return true;
        } catch (FunctionException e) {
            throw failure(e);
        }
    }

    private boolean nextChunk() {
        if (!result.nextChunk()) {
            return false;
        }
        DuckDBDataChunkReader chunk = result.chunk();
        row = 0;
        rows = chunk.rowCount();
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = chunk.vector(i);
        }
        return true;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try (connection;
                statement;
                result) {
            ended = true;
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private void closeQuietlyAfterFailure() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private IsobarException failure(Exception e) {
        SQLException sql = e instanceof SQLException s ? s : new SQLException(e.getMessage(), e);
        return duck.failure("scanning table " + table + " " + schema, sql, ErrorCode.CORRUPT);
    }
}
