package dev.isobar.emulator.aws.athena;

import dev.isobar.emulation.state.Folders;
import dev.isobar.emulator.aws.athena.Catalog.Table;
import dev.isobar.emulator.aws.athena.Statement.Both;
import dev.isobar.emulator.aws.athena.Statement.ColumnName;
import dev.isobar.emulator.aws.athena.Statement.Compare;
import dev.isobar.emulator.aws.athena.Statement.Condition;
import dev.isobar.emulator.aws.athena.Statement.Constant;
import dev.isobar.emulator.aws.athena.Statement.CountAll;
import dev.isobar.emulator.aws.athena.Statement.Either;
import dev.isobar.emulator.aws.athena.Statement.In;
import dev.isobar.emulator.aws.athena.Statement.IntegerValue;
import dev.isobar.emulator.aws.athena.Statement.IsNull;
import dev.isobar.emulator.aws.athena.Statement.Item;
import dev.isobar.emulator.aws.athena.Statement.Not;
import dev.isobar.emulator.aws.athena.Statement.Operand;
import dev.isobar.emulator.aws.athena.Statement.Select;
import dev.isobar.emulator.aws.athena.Statement.TextValue;
import dev.isobar.emulator.aws.athena.Statement.Unload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;

/**
 * Executes queries in DuckDB. Only what was understood is written again as SQL, and only comparisons that mean the same there: text with text by bytes, whole numbers with
 * whole numbers. Thread safe.
 */
final class Engine {
    private static final String PATH = "$path";
    private static final Map<String, String> TYPES =
            Map.of("string", "VARCHAR", "int", "INTEGER", "bigint", "BIGINT", "double", "DOUBLE", "boolean", "BOOLEAN");

    private final Catalog catalog;
    private final S3Files objects;
    private final Path tmp;

    /** Rows as texts, null for NULL. */
    record Result(List<String> labels, List<String> types, List<List<@Nullable String>> rows, long bytesRead) {}

    Engine(Catalog catalog, S3Files objects, Path tmp) throws IOException {
        this.catalog = catalog;
        this.objects = objects;
        this.tmp = Files.createDirectories(tmp);
    }

    Result select(Select query, String database) {
        Source source = source(query, database);
        List<String> labels = query.items().stream().map(Item::label).toList();
        List<String> types =
                query.items().stream().map(i -> source.type(i.operand())).toList();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(source.sql(query))) {
            List<List<@Nullable String>> rows = new ArrayList<>();
            while (answer.next()) {
                List<@Nullable String> row = new ArrayList<>();
                for (int i = 1; i <= labels.size(); i++) {
                    row.add(answer.getString(i));
                }
                rows.add(row);
            }
            return new Result(labels, types, rows, source.bytes());
        } catch (SQLException e) {
            throw QueryFailure.user("HIVE_CURSOR_ERROR", String.valueOf(e.getMessage()));
        }
    }

    /** Returns the names of the objects written. */
    List<String> unload(Unload unload, String database) {
        String to = unload.to().endsWith("/") ? unload.to() : unload.to() + "/";
        if (!objects.isEmpty(to)) {
            throw QueryFailure.user("HIVE_PATH_ALREADY_EXISTS", "Target directory for UNLOAD is not empty: " + to);
        }
        Set<String> labels = new HashSet<>();
        for (Item item : unload.query().items()) {
            if (!labels.add(item.label())) {
                throw QueryFailure.user(
                        "DUPLICATE_COLUMN_NAME", "Column name '" + item.label() + "' specified more than once");
            }
        }
        Source source = source(unload.query(), database);
        Path folder = tmp.resolve(UUID.randomUUID().toString());
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            // Several files, in no order, as from several workers.
            long rows = statement.executeLargeUpdate("COPY (" + source.sql(unload.query()) + ") TO '" + folder
                    + "' (FORMAT parquet, COMPRESSION snappy, PER_THREAD_OUTPUT true)");
            List<String> written = new ArrayList<>();
            if (rows > 0) {
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        String name = to + UUID.randomUUID();
                        objects.write(name, file);
                        written.add(name);
                    }
                }
            }
            return written;
        } catch (SQLException e) {
            throw QueryFailure.user("HIVE_CURSOR_ERROR", String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw QueryFailure.system(String.valueOf(e));
        } finally {
            remove(folder);
        }
    }

    private Source source(Select query, String database) {
        String in = query.from().database() == null ? database : query.from().database();
        Table table = catalog.find(in, query.from().table());
        if (table == null) {
            throw QueryFailure.user(
                    "TABLE_NOT_FOUND",
                    "line 1:1: Table 'awsdatacatalog." + in + "." + query.from().table() + "' does not exist");
        }
        Set<String> named = paths(query.where());
        return new Source(table, objects.read(table.location(), name -> named == null || named.contains(name)));
    }

    /** The only files that can satisfy a condition, or null if it does not say. */
    private static @Nullable Set<String> paths(@Nullable Condition condition) {
        if (condition instanceof Both both) {
            Set<String> left = paths(both.left());
            return left == null ? paths(both.right()) : left;
        }
        if (condition instanceof In in
                && in.operand() instanceof ColumnName column
                && column.name().equals(PATH)) {
            return in.values().stream()
                    .filter(TextValue.class::isInstance)
                    .map(v -> ((TextValue) v).text())
                    .collect(Collectors.toSet());
        }
        return null;
    }

    /** A table and the files that it is read from. */
    private record Source(Table table, SortedMap<String, Path> files) {
        long bytes() {
            return files.values().stream().mapToLong(f -> f.toFile().length()).sum();
        }

        String sql(Select query) {
            String items = query.items().stream()
                    .map(i -> operand(i.operand()) + " AS " + quoted(i.label()))
                    .collect(Collectors.joining(", "));
            String sql = "SELECT " + items + " FROM " + rows();
            if (query.where() != null) {
                sql += " WHERE " + condition(query.where());
            }
            if (!query.grouping().isEmpty()) {
                sql += " GROUP BY "
                        + query.grouping().stream().map(this::operand).collect(Collectors.joining(", "));
            }
            return sql;
        }

        private String rows() {
            Map<String, String> columns = table.columns();
            if (files.isEmpty()) {
                return columns.entrySet().stream()
                        .map(c -> "CAST(NULL AS " + TYPES.get(c.getValue()) + ") AS " + quoted(c.getKey()))
                        .collect(Collectors.joining(", ", "(SELECT ", ", '' AS " + quoted(PATH) + " WHERE FALSE)"));
            }
            String list =
                    files.values().stream().map(f -> literal(f.toString())).collect(Collectors.joining(", "));
            checkTypes(list);
            String names = files.entrySet().stream()
                    .map(f -> "(" + literal(f.getValue().toString()) + ", " + literal(f.getKey()) + ")")
                    .collect(Collectors.joining(", "));
            return columns.keySet().stream()
                    .map(c -> "f." + quoted(c))
                    .collect(Collectors.joining(
                            ", ",
                            "(SELECT ",
                            ", p.name AS " + quoted(PATH) + " FROM read_parquet([" + list
                                    + "], filename = true) f JOIN (VALUES " + names
                                    + ") p(file, name) ON f.filename = p.file)"));
        }

        private void checkTypes(String list) {
            Map<String, String> there = new LinkedHashMap<>();
            try (Connection connection = connect();
                    Statement statement = connection.createStatement();
                    ResultSet described =
                            statement.executeQuery("DESCRIBE SELECT * FROM read_parquet([" + list + "])")) {
                while (described.next()) {
                    there.put(described.getString(1), described.getString(2));
                }
            } catch (SQLException e) {
                throw QueryFailure.user("HIVE_BAD_DATA", String.valueOf(e.getMessage()));
            }
            table.columns().forEach((name, type) -> {
                String expected = TYPES.get(type);
                if (expected == null || !expected.equals(there.get(name))) {
                    throw QueryFailure.user(
                            "HIVE_BAD_DATA",
                            "Field " + name + "'s type " + there.get(name)
                                    + " in parquet file is incompatible with type " + type
                                    + " defined in table schema");
                }
            });
        }

        String type(Operand operand) {
            if (operand instanceof ColumnName column) {
                if (column.name().equals(PATH)) {
                    return "string";
                }
                String type = table.columns().get(column.name());
                if (type == null) {
                    throw QueryFailure.user(
                            "COLUMN_NOT_FOUND",
                            "line 1:" + (column.at() + 1) + ": Column '" + column.name()
                                    + "' cannot be resolved or requester is not authorized to access requested resources");
                }
                return type;
            }
            return operand instanceof TextValue ? "string" : "bigint";
        }

        private String operand(Operand operand) {
            type(operand);
            if (operand instanceof ColumnName column) {
                return quoted(column.name());
            }
            if (operand instanceof TextValue text) {
                return literal(text.text());
            }
            if (operand instanceof IntegerValue integer) {
                return integer.value() == Long.MIN_VALUE
                        ? "(-9223372036854775807 - 1)"
                        : "CAST(" + integer.value() + " AS BIGINT)";
            }
            if (operand instanceof CountAll) {
                return "count(*)";
            }
            throw new IllegalArgumentException(operand.toString());
        }

        private String condition(Condition condition) {
            if (condition instanceof Both both) {
                return "(" + condition(both.left()) + " AND " + condition(both.right()) + ")";
            }
            if (condition instanceof Either either) {
                return "(" + condition(either.left()) + " OR " + condition(either.right()) + ")";
            }
            if (condition instanceof Not not) {
                return "(NOT " + condition(not.condition()) + ")";
            }
            if (condition instanceof Constant constant) {
                return constant.value() ? "TRUE" : "FALSE";
            }
            if (condition instanceof IsNull isNull) {
                return "(" + operand(isNull.operand()) + " IS NULL)";
            }
            if (condition instanceof Compare compare) {
                comparable(compare.left(), compare.right(), compare.operator(), compare.at());
                return "(" + operand(compare.left()) + " " + compare.operator() + " " + operand(compare.right()) + ")";
            }
            if (condition instanceof In in) {
                in.values().forEach(v -> comparable(in.operand(), v, "IN", in.at()));
                return in.values().stream()
                        .map(this::operand)
                        .collect(Collectors.joining(", ", "(" + operand(in.operand()) + " IN (", "))"));
            }
            throw new IllegalArgumentException(condition.toString());
        }

        private void comparable(Operand left, Operand right, String operator, int at) {
            String one = type(left);
            String other = type(right);
            Set<String> whole = Set.of("int", "bigint");
            boolean texts = one.equals("string") && other.equals("string");
            boolean integers = whole.contains(one) && whole.contains(other);
            boolean counted = left instanceof CountAll || right instanceof CountAll;
            if (counted || !(texts || integers)) {
                throw QueryFailure.user(
                        "TYPE_MISMATCH",
                        "line 1:" + (at + 1) + ": Cannot apply operator: " + one + " " + operator + " " + other
                                + " (this emulator compares texts with texts and whole numbers with whole numbers)");
            }
        }
    }

    private static Connection connect() throws SQLException {
        Connection connection = new DuckDBDriver().connect("jdbc:duckdb:", new java.util.Properties());
        if (connection == null) {
            throw new SQLException("the driver does not know its own URL");
        }
        return connection;
    }

    private static void remove(Path root) {
        try {
            Folders.delete(root);
        } catch (IOException e) {
            throw QueryFailure.system(String.valueOf(e));
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String literal(String text) {
        return '\'' + text.replace("'", "''") + '\'';
    }
}
