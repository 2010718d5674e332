package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/** DuckDB's ASOF join, strictly before: from tables in memory to a table in memory, or from Parquet to Parquet; on all cores. */
final class DuckDbAsOf implements TrainingSet {
    private static final String JOIN =
            "SELECT l.label_id, l.card, l.time, l.label, CAST(t.amount_cents AS DOUBLE) AS last_amount FROM %s l"
                    + " ASOF LEFT JOIN %s t ON l.card = t.card AND l.time > t.event_time";

    private final String name;
    private final Workload events;
    private final Labels labels;
    private final @Nullable ParquetFiles files;
    private String version = "";
    private @Nullable Digest made;

    DuckDbAsOf(String name, Workload events, Labels labels, @Nullable ParquetFiles files) {
        this.name = name;
        this.events = events;
        this.labels = labels;
        this.files = files;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void make(PassClock clock) throws Exception {
        made = null;
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            version = connection.getMetaData().getDatabaseProductVersion();
            statement.execute("SET threads = " + Ours.THREADS);
            statement.execute("SET TimeZone = 'UTC'");
            ParquetFiles parquet = files;
            if (parquet == null) {
                load(connection, statement);
                clock.start();
                statement.execute("CREATE TABLE training_set AS " + String.format(JOIN, "labels", "transactions"));
                clock.stop();
                try (ResultSet rows = statement.executeQuery("SELECT * FROM training_set")) {
                    made = ParquetFiles.digest(rows, 1);
                }
                return;
            }
            Path out = parquet.labels().resolveSibling("asof.parquet");
            Files.deleteIfExists(out);
            clock.start();
            statement.execute("COPY ("
                    + String.format(JOIN, "'" + parquet.labels() + "'", "'" + parquet.transactions() + "'") + ") TO '"
                    + out + "' (FORMAT parquet, COMPRESSION snappy)");
            clock.stop();
            made = parquet.digest(out, 1);
        }
    }

    private void load(Connection connection, Statement statement) throws SQLException {
        statement.execute(
                "CREATE TABLE transactions (transaction_id BIGINT, card BIGINT, event_time BIGINT, available_time BIGINT, amount_cents BIGINT)");
        statement.execute("CREATE TABLE labels (label_id BIGINT, card BIGINT, time BIGINT, label INTEGER)");
        DuckDBConnection duck = connection.unwrap(DuckDBConnection.class);
        try (DuckDBAppender rows = duck.createAppender("main", "transactions")) {
            for (int i = 0; i < events.size(); i++) {
                rows.beginRow();
                rows.append(events.id()[i]);
                rows.append((long) events.card()[i]);
                rows.append(events.eventTime()[i]);
                rows.append(events.availableTime()[i]);
                rows.append(events.cents()[i]);
                rows.endRow();
            }
        }
        try (DuckDBAppender rows = duck.createAppender("main", "labels")) {
            for (int i = 0; i < labels.size(); i++) {
                rows.beginRow();
                rows.append(labels.id()[i]);
                rows.append(labels.card()[i]);
                rows.append(labels.time()[i]);
                rows.append(labels.label()[i]);
                rows.endRow();
            }
        }
    }

    @Override
    public Digest digest() {
        Digest digest = made;
        if (digest == null) {
            throw new IllegalStateException("nothing is made yet");
        }
        return digest;
    }

    @Override
    public String note() {
        return "DuckDB " + version + ", " + Ours.THREADS + " threads";
    }
}
