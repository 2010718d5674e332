package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/**
 * Everything the service knows, in one DuckDB file: rows in tables of their own, and what is known of datasets, tables, jobs and streams as documents beside them, so that
 * one transaction holds both. A process that is killed leaves what it had committed. One caller at a time. Thread safe.
 */
final class Warehouse implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** What documents are of. */
    enum Kind {
        DATASET,
        TABLE,
        JOB,
        STREAM,
        /** The rows that a query gave. */
        RESULT
    }

    private final DuckDBConnection connection;
    private final Path temporary;

    private Warehouse(DuckDBConnection connection, Path temporary) {
        this.connection = connection;
        this.temporary = temporary;
    }

    static Warehouse open(Path folder) throws IOException {
        Files.createDirectories(folder);
        Properties properties = new Properties();
        properties.setProperty("autoinstall_known_extensions", "false");
        properties.setProperty("threads", "2");
        try {
            var opened = new DuckDBDriver().connect("jdbc:duckdb:" + folder.resolve("warehouse.duckdb"), properties);
            if (opened == null) {
                throw new SQLException("the driver does not know its own URL");
            }
            Warehouse warehouse = new Warehouse(opened.unwrap(DuckDBConnection.class), folder.resolve("incoming"));
            warehouse.execute("SET TimeZone = 'UTC'");
            warehouse.execute(
                    "CREATE TABLE IF NOT EXISTS documents (kind VARCHAR NOT NULL, key VARCHAR NOT NULL, body VARCHAR NOT NULL)");
            warehouse.execute("CREATE SEQUENCE IF NOT EXISTS numbers");
            return warehouse;
        } catch (SQLException e) {
            throw new IOException("DuckDB does not open " + folder, e);
        }
    }

    /** Where a file can be put for a moment: one only, for one caller at a time; what another process left there goes. */
    Path temporary() {
        return temporary;
    }

    /** Something that is done with all of it, by nobody else at the same time. */
    interface Work<T> {
        T run() throws SQLException;
    }

    /** Does something whole or not at all. */
    synchronized <T> T change(Work<T> work) {
        boolean done = false;
        try {
            execute("BEGIN TRANSACTION");
            T result = work.run();
            execute("COMMIT");
            done = true;
            return result;
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB: " + e.getMessage(), e);
        } finally {
            if (!done) {
                rollBack();
            }
        }
    }

    private void rollBack() {
        try {
            execute("ROLLBACK");
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB does not roll back: " + e.getMessage(), e);
        }
    }

    /** Looks something up. */
    synchronized <T> T read(Work<T> work) {
        try {
            return work.run();
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB: " + e.getMessage(), e);
        }
    }

    /** Runs a statement; only inside of {@link #change}. Returns how many rows it changed. */
    long execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.execute(sql) ? 0 : statement.getLargeUpdateCount();
        }
    }

    /** What is made of a query's rows. */
    interface Reading<T> {
        T of(ResultSet rows) throws SQLException;
    }

    <T> T query(String sql, Reading<T> reading) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return reading.of(rows);
        }
    }

    /** The same outside of the transaction, which a statement that fails would end. */
    <T> T queryAside(String sql, Reading<T> reading) throws SQLException {
        try (var aside = connection.duplicate();
                Statement statement = aside.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return reading.of(rows);
        }
    }

    long number(String sql) throws SQLException {
        return query(sql, rows -> {
            rows.next();
            return rows.getLong(1);
        });
    }

    /** A number that was never given out before. */
    long fresh() throws SQLException {
        return number("SELECT nextval('numbers')");
    }

    /** For many rows at once; only inside of {@link #change}. */
    DuckDBAppender appender(String table) throws SQLException {
        return connection.createAppender(DuckDBConnection.DEFAULT_SCHEMA, table);
    }

    Optional<ObjectNode> document(Kind kind, String key) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT body FROM documents WHERE kind = ? AND key = ?")) {
            statement.setString(1, kind.name());
            statement.setString(2, key);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(parse(rows.getString(1))) : Optional.empty();
            }
        }
    }

    /** Those whose keys begin so, by key. */
    List<ObjectNode> documents(Kind kind, String beginning) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT body FROM documents WHERE kind = ? AND starts_with(key, ?) ORDER BY key")) {
            statement.setString(1, kind.name());
            statement.setString(2, beginning);
            List<ObjectNode> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(parse(rows.getString(1)));
                }
            }
            return found;
        }
    }

    void put(Kind kind, String key, ObjectNode document) throws SQLException {
        remove(kind, key);
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO documents VALUES (?, ?, ?)")) {
            statement.setString(1, kind.name());
            statement.setString(2, key);
            statement.setString(3, document.toString());
            statement.executeUpdate();
        }
    }

    void remove(Kind kind, String key) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM documents WHERE kind = ? AND key = ?")) {
            statement.setString(1, kind.name());
            statement.setString(2, key);
            statement.executeUpdate();
        }
    }

    private static ObjectNode parse(String body) {
        try {
            return (ObjectNode) JSON.readTree(body);
        } catch (IOException e) {
            throw new IllegalStateException("a document is no JSON: " + body, e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB does not close: " + e.getMessage(), e);
        }
    }
}
