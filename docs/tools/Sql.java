import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Runs SQL in the DuckDB that the local adapter was built with, and prints the rows. One argument is one statement. From the root of the checkout:
 *
 * <pre>java -cp "adapters-local/core/target/lib/*" docs/tools/Sql.java "SELECT count(*) FROM 'some.parquet'"</pre>
 */
final class Sql {
    public static void main(String[] statements) throws SQLException {
        try (Connection c = DriverManager.getConnection("jdbc:duckdb:");
                Statement s = c.createStatement()) {
            s.execute("SET TimeZone = 'UTC'");
            for (String sql : statements) {
                if (s.execute(sql)) {
                    print(s.getResultSet());
                }
            }
        }
    }

    private static void print(ResultSet rows) throws SQLException {
        int columns = rows.getMetaData().getColumnCount();
        StringBuilder line = new StringBuilder();
        for (int i = 1; i <= columns; i++) {
            line.append(i == 1 ? "" : " | ").append(rows.getMetaData().getColumnName(i));
        }
        System.out.println(line);
        while (rows.next()) {
            line.setLength(0);
            for (int i = 1; i <= columns; i++) {
                line.append(i == 1 ? "" : " | ").append(rows.getString(i));
            }
            System.out.println(line);
        }
    }
}
