package dev.isobar.benchmarks.duckdb;

import dev.isobar.benchmarks.workload.Answers;
import dev.isobar.benchmarks.workload.Competitor;
import dev.isobar.benchmarks.workload.Features;
import dev.isobar.benchmarks.workload.PassClock;
import dev.isobar.benchmarks.workload.Question;
import dev.isobar.benchmarks.workload.Workload;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * One query with a named window per length, {@code RANGE BETWEEN w PRECEDING AND 1 PRECEDING} over microseconds, which is [t − w, t). Measured is the query
 * from a table in memory into a table in memory, on all cores; loading and fetching are not.
 */
final class WindowFrames implements Competitor {
    private String version = "";

    @Override
    public String name() {
        return "duckdb";
    }

    @Override
    public Question question() {
        return Question.EVENT_TIME;
    }

    @Override
    public String note() {
        return "DuckDB " + version;
    }

    @Override
    public void pass(Workload workload, Answers answers, PassClock clock) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            version = connection.getMetaData().getDatabaseProductVersion();
            load(connection, statement, workload);
            clock.start();
            statement.execute("CREATE TABLE vectors AS " + query());
            clock.stop();
            fetch(statement, answers);
        }
    }

    private static void load(Connection connection, Statement statement, Workload w) throws SQLException {
        statement.execute(
                "CREATE TABLE transactions (id BIGINT, card INTEGER, event_time BIGINT, available_time BIGINT, cents BIGINT)");
        try (DuckDBAppender rows = connection.unwrap(DuckDBConnection.class).createAppender("main", "transactions")) {
            for (int i = 0; i < w.size(); i++) {
                rows.beginRow();
                rows.append(w.id()[i]);
                rows.append(w.card()[i]);
                rows.append(w.eventTime()[i]);
                rows.append(w.availableTime()[i]);
                rows.append(w.cents()[i]);
                rows.endRow();
            }
        }
    }

    private static String query() {
        List<String> columns = new ArrayList<>(List.of("id"));
        List<String> windows = new ArrayList<>();
        for (int w = 0; w < Features.WINDOW_COUNT; w++) {
            for (String aggregate :
                    List.of("count(*)", "sum(cents)", "avg(cents)", "max(cents)", "stddev_samp(cents)")) {
                columns.add(aggregate + " OVER w" + w + " AS f" + (columns.size() - 1));
            }
            windows.add("w" + w + " AS (PARTITION BY card ORDER BY event_time RANGE BETWEEN " + Features.window(w)
                    + " PRECEDING AND 1 PRECEDING)");
        }
        return "SELECT " + String.join(", ", columns) + " FROM transactions WINDOW " + String.join(", ", windows);
    }

    private static void fetch(Statement statement, Answers answers) throws SQLException {
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < Features.SIZE; i++) {
            columns.add("f" + i + "::DOUBLE");
        }
        double[] vector = new double[Features.SIZE];
        try (ResultSet rows = statement.executeQuery("SELECT id, " + String.join(", ", columns) + " FROM vectors")) {
            while (rows.next()) {
                for (int i = 0; i < Features.SIZE; i++) {
                    double value = rows.getDouble(i + 2);
                    vector[i] = rows.wasNull() ? Double.NaN : value;
                }
                answers.take(rows.getLong(1), vector);
            }
        }
    }
}
