package dev.isobar.aws.athena;

import dev.isobar.event.FieldType;
import dev.isobar.event.Schema;
import dev.isobar.parquet.Layout;
import dev.isobar.platform.managed.ResourceNames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A table as Athena sees it: names that its catalog takes, and types in which every value is exact.
 *
 * <p>Instants and local times are {@code bigint}, the microseconds since 1970: Athena reads timestamps of Parquet files in milliseconds. In a query,
 * {@code from_unixtime(at / 1e6)} shows one. A column's name is its own in lower case where the catalog takes it, else a like one with the column's number.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/data-types.html">data types</a>
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html">names</a>
 */
final class AthenaTable {
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");
    private static final int READABLE = 100;

    private final String database;
    private final String name;
    private final Layout layout;
    private final String location;

    /**
     * A table.
     *
     * @param location {@code s3://…/}
     */
    AthenaTable(String database, String table, Schema schema, String incarnation, String location) {
        this.database = database;
        this.location = location;
        String readable = table.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
        this.name = (readable.length() <= READABLE ? readable : readable.substring(0, READABLE)) + "_"
                + digest(table + "/" + incarnation);
        List<String> names = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < schema.size(); i++) {
            String lower = schema.field(i).name().toLowerCase(Locale.ROOT);
            String own = PLAIN.matcher(lower).matches() ? lower : lower.replaceAll("[^a-z0-9_]", "_") + "_" + i;
            while (!taken.add(own)) {
                own += "_";
            }
            names.add(own);
        }
        this.layout = new Layout(schema, names, false);
    }

    private static String digest(String text) {
        return ResourceNames.sha256(text).substring(0, 16);
    }

    Layout layout() {
        return layout;
    }

    String name() {
        return name;
    }

    String path(String file) {
        return location + file;
    }

    /** Hive's words: back quotes. */
    String createTable() {
        StringJoiner columns = new StringJoiner(", ");
        for (int i = 0; i < layout.names().size(); i++) {
            columns.add("`" + layout.names().get(i) + "` "
                    + type(layout.schema().field(i).type()));
        }
        return "CREATE EXTERNAL TABLE IF NOT EXISTS `" + database + "`.`" + name + "` (" + columns
                + ") STORED AS PARQUET LOCATION " + literal(location);
    }

    String dropTable() {
        return "DROP TABLE IF EXISTS `" + database + "`.`" + name + "`";
    }

    /** The rows of some files, all columns, written as Parquet under a prefix. */
    String unload(List<String> paths, @Nullable String condition, String to) {
        StringJoiner columns = new StringJoiner(", ");
        layout.names().forEach(n -> columns.add(quoted(n)));
        return "UNLOAD (SELECT " + columns + from(paths) + (condition == null ? "" : " AND " + condition) + ") TO "
                + literal(to) + " WITH (format = 'PARQUET', compression = 'SNAPPY')";
    }

    /** In which files a text occurs, and how often. */
    String occurrences(List<String> paths, int slot, String text) {
        return "SELECT \"$path\" AS path, count(*) AS occurrences" + from(paths) + " AND "
                + quoted(layout.names().get(slot)) + " = " + literal(text) + " GROUP BY \"$path\"";
    }

    /** A half-open range of words. */
    String range(int slot, long from, long to) {
        String column = quoted(layout.names().get(slot));
        boolean small = layout.schema().field(slot).type() == FieldType.INT32;
        // A bound that the column cannot reach is none.
        String above = small && from > Integer.MAX_VALUE
                ? "FALSE"
                : small && from <= Integer.MIN_VALUE ? "TRUE" : column + " >= " + layout.word(slot, from);
        String below = small && to > Integer.MAX_VALUE
                ? "TRUE"
                : small && to <= Integer.MIN_VALUE ? "FALSE" : column + " < " + layout.word(slot, to);
        return column + " IS NOT NULL AND " + above + " AND " + below;
    }

    /** Presto's words: double quotes. */
    private String from(List<String> paths) {
        StringJoiner files = new StringJoiner(", ");
        paths.forEach(p -> files.add(literal(p)));
        return " FROM " + quoted(database) + "." + quoted(name) + " WHERE \"$path\" IN (" + files + ")";
    }

    private static String type(FieldType type) {
        return switch (type) {
            case STRING -> "string";
            case INT32 -> "int";
            case INT64, TIMESTAMP, LOCAL_TIMESTAMP -> "bigint";
            case FLOAT64 -> "double";
            case BOOL -> "boolean";
        };
    }

    private static String quoted(String name) {
        return '"' + name + '"';
    }

    private static String literal(String text) {
        return '\'' + text.replace("'", "''") + '\'';
    }
}
