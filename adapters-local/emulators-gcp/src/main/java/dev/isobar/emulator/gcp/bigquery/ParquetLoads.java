package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.bigquery.Catalog.Name;
import dev.isobar.emulator.gcp.bigquery.Catalog.Table;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Load jobs: one Parquet object behind the rows of a table that is there. What is wrong with the call is refused; what is wrong with the file is the job's error, and leaves
 * no row.
 *
 * <p>Columns are found by their names, all of which the table must have. A schema that comes with the job says types and modes; without one they are the file's own, which must be the table's, so that a
 * column that must have a value takes only a file that declares it so. Folders of the object's name may hold more columns ({@code CUSTOM} only), all of which may be null. Not
 * here: other formats, wildcards, several objects, {@code WRITE_TRUNCATE}, {@code AUTO} and {@code STRINGS}, changes of the table's schema.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobConfigurationLoad">JobConfigurationLoad</a>
 * @see <a href="https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-parquet">Parquet: conversions of types</a>
 * @see <a href="https://cloud.google.com/bigquery/docs/hive-partitioned-loads-gcs">columns in names of folders</a>
 */
final class ParquetLoads {
    private static final Set<String> KNOWN = Set.of(
            "sourceUris",
            "sourceFormat",
            "destinationTable",
            "createDisposition",
            "writeDisposition",
            "schema",
            "hivePartitioningOptions",
            "maxBadRecords",
            "ignoreUnknownValues",
            "autodetect",
            "parquetOptions");
    private static final Pattern OBJECT = Pattern.compile("gs://([a-z0-9][a-z0-9._-]*)/(.+)");
    private static final Pattern KEY = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_]*):([A-Z0-9]+)}/?");

    /** What a folder is called that stands for null. */
    private static final String NULL = "__HIVE_DEFAULT_PARTITION__";

    private final Warehouse warehouse;
    private final Objects objects;

    ParquetLoads(Warehouse warehouse, Objects objects) {
        this.warehouse = warehouse;
        this.objects = objects;
    }

    /** What a job asks for, as far as it can be understood without the file. */
    record Load(Name table, String uri, String bucket, String object, List<Column> columns, List<Folder> folders) {}

    /** A column whose value is in the object's name. */
    record Folder(Column column, @Nullable String value) {}

    /** What is wrong with a file: the job's error. */
    static final class Bad extends Exception {
        private static final long serialVersionUID = 1L;
        private final String reason;

        Bad(String reason, String message) {
            super(message);
            this.reason = reason;
        }

        String reason() {
            return reason;
        }
    }

    /** Reads the configuration of a job. */
    static Load of(String project, JsonNode load) {
        load.fieldNames().forEachRemaining(field -> {
            if (!KNOWN.contains(field)) {
                throw Refusal.notHere(field + " of a load job");
            }
        });
        if (!load.path("sourceFormat").asText("CSV").equals("PARQUET")) {
            throw Refusal.notHere("loading " + load.path("sourceFormat").asText("CSV"));
        }
        if (!load.path("writeDisposition").asText("WRITE_APPEND").equals("WRITE_APPEND")
                || !load.path("createDisposition").asText("").equals("CREATE_NEVER")) {
            throw Refusal.notHere("load jobs other than CREATE_NEVER and WRITE_APPEND");
        }
        if (load.path("maxBadRecords").asInt() != 0
                || load.path("ignoreUnknownValues").asBoolean()
                || load.path("autodetect").asBoolean()) {
            throw Refusal.notHere("load jobs that leave something away, or guess");
        }
        JsonNode to = load.path("destinationTable");
        if (to.path("tableId").asText("").isEmpty()) {
            throw Refusal.required("Required parameter is missing: destinationTable");
        }
        JsonNode uris = load.path("sourceUris");
        if (uris.isEmpty()) {
            throw Refusal.required("Required parameter is missing: sourceUris");
        }
        String uri = uris.path(0).asText();
        Matcher object = OBJECT.matcher(uri);
        if (!object.matches()) {
            throw Refusal.invalid("Source URI must be a Google Cloud Storage location: " + uri);
        }
        if (uris.size() > 1 || uri.indexOf('*') >= 0) {
            throw Refusal.notHere("load jobs of more than one object");
        }
        return new Load(
                new Name(
                        to.path("projectId").asText(project),
                        to.path("datasetId").asText(),
                        to.path("tableId").asText()),
                uri,
                object.group(1),
                object.group(2),
                Column.of(load.path("schema")),
                folders(uri, load.path("hivePartitioningOptions")));
    }

    private static List<Folder> folders(String uri, JsonNode hive) {
        if (hive.isMissingNode()) {
            return List.of();
        }
        if (!hive.path("mode").asText("").equals("CUSTOM")) {
            throw Refusal.notHere("columns in names of folders but in mode CUSTOM");
        }
        String prefix = hive.path("sourceUriPrefix").asText("");
        int keys = prefix.indexOf('{');
        String common = keys < 0 ? prefix : prefix.substring(0, keys);
        if (keys < 0 || !common.endsWith("/") || !uri.startsWith(common)) {
            throw Refusal.invalid("The source URI prefix " + prefix
                    + " must be common to all source URIs and name the partition keys: " + uri);
        }
        List<Folder> folders = new ArrayList<>();
        String rest = uri.substring(common.length());
        Matcher key = KEY.matcher(prefix);
        int at = keys;
        while (at < prefix.length()) {
            if (!key.region(at, prefix.length()).lookingAt()) {
                throw Refusal.invalid("Invalid partition key encoding: " + prefix.substring(at));
            }
            at = key.end();
            int end = rest.indexOf('/');
            String folder = end < 0 ? "" : rest.substring(0, end);
            if (!folder.startsWith(key.group(1) + "=")) {
                throw Refusal.invalid("The source URI " + uri + " has no folder for partition key " + key.group(1));
            }
            if (!key.group(2).equals("STRING")) {
                throw Refusal.notHere("names of folders as " + key.group(2));
            }
            String value = folder.substring(folder.indexOf('=') + 1);
            if (value.indexOf('%') >= 0) {
                throw Refusal.notHere("names of folders that are encoded");
            }
            folders.add(
                    new Folder(new Column(key.group(1), ColumnType.STRING, false), value.equals(NULL) ? null : value));
            rest = rest.substring(end + 1);
        }
        return folders;
    }

    /** A column of a file: what DuckDB reads it as, and what it is called in the file. */
    private record FileColumn(String name, String duck, boolean required) {}

    /** Puts the rows into the table; returns how many, with what is to be said of the job in its statistics. */
    long execute(Load load, Table table, ObjectNode statistics) throws SQLException, Bad {
        Path copy = warehouse.temporary();
        try {
            if (!objects.copy(load.bucket(), load.object(), copy)) {
                throw new Bad("notFound", "Not found: URI " + load.uri());
            }
            long rows = insert(load, table, "read_parquet('" + copy.toString().replace("'", "''") + "')", copy);
            statistics
                    .put("inputFiles", "1")
                    .put("inputFileBytes", Long.toString(Files.size(copy)))
                    .put("outputRows", Long.toString(rows))
                    .put("badRecords", "0");
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            try {
                Files.deleteIfExists(copy);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private long insert(Load load, Table table, String file, Path copy) throws SQLException, Bad {
        Map<String, FileColumn> there = columns(load, copy);
        List<Column> said = new ArrayList<>(load.columns());
        if (said.isEmpty()) {
            for (FileColumn column : there.values()) {
                said.add(new Column(column.name(), type(load, column), column.required()));
            }
        }
        load.folders().forEach(folder -> said.add(folder.column()));
        check(table, said);
        List<String> into = new ArrayList<>();
        List<String> from = new ArrayList<>();
        for (Folder folder : load.folders()) {
            if (there.containsKey(folder.column().name().toLowerCase(Locale.ROOT))) {
                throw bad("Partition key " + folder.column().name() + " conflicts with a column of the file");
            }
            into.add(folder.column().quoted());
            String value = folder.value();
            from.add(value == null ? "NULL" : "'" + value.replace("'", "''") + "'");
        }
        for (FileColumn column : there.values()) {
            Column to = said.stream()
                    .filter(c -> c.name().equalsIgnoreCase(column.name()))
                    .findFirst()
                    .orElseThrow(() -> mismatch(table, "Cannot add fields (field: " + column.name() + ")"));
            if (column.required() && !to.required() && !load.columns().isEmpty()) {
                // https://github.com/googleapis/java-bigquery/issues/13
                throw bad(
                        "Error while reading data, error message: Provided schema is not compatible with the file '"
                                + load.uri() + "'. Field '" + column.name()
                                + "' is specified as NULLABLE in provided schema which does not match REQUIRED as specified in the file.");
            }
            into.add(to.quoted());
            from.add(value(load, file, column, to));
        }
        for (Column column : table.columns()) {
            if (column.required()) {
                String name = '"' + column.name() + '"';
                boolean missing = !there.containsKey(column.name().toLowerCase(Locale.ROOT))
                        || warehouse.number("SELECT count(*) FROM " + file + " WHERE " + name + " IS NULL") > 0;
                if (missing) {
                    throw bad("Error while reading data, error message: Required column '" + column.name()
                            + "' has null values. File: " + load.uri());
                }
            }
        }
        return warehouse.execute("INSERT INTO " + table.quoted() + " (" + String.join(", ", into) + ") SELECT "
                + String.join(", ", from) + " FROM " + file);
    }

    private Map<String, FileColumn> columns(Load load, Path copy) throws SQLException, Bad {
        Map<String, FileColumn> columns = new LinkedHashMap<>();
        String path = "'" + copy.toString().replace("'", "''") + "'";
        try {
            return warehouse.queryAside(
                    "SELECT d.column_name, d.column_type, s.repetition_type FROM (DESCRIBE SELECT * FROM read_parquet("
                            + path + ")) d JOIN parquet_schema(" + path
                            + ") s ON s.name = d.column_name WHERE s.num_children IS NULL OR s.num_children = 0",
                    rows -> {
                        while (rows.next()) {
                            String name = rows.getString(1);
                            columns.put(
                                    name.toLowerCase(Locale.ROOT),
                                    new FileColumn(name, rows.getString(2), "REQUIRED".equals(rows.getString(3))));
                        }
                        return columns;
                    });
        } catch (SQLException e) {
            throw new Bad(
                    "invalid",
                    "Error while reading data, error message: Input file is not in Parquet format. File: "
                            + load.uri());
        }
    }

    /** The type that the service sees in a file's column; times without a zone are instants to it, unless a schema says DATETIME. */
    private static ColumnType type(Load load, FileColumn column) throws Bad {
        return switch (column.duck()) {
            case "VARCHAR" -> ColumnType.STRING;
            case "BLOB" -> ColumnType.BYTES;
            case "TINYINT", "SMALLINT", "INTEGER", "BIGINT" -> ColumnType.INT64;
            case "FLOAT", "DOUBLE" -> ColumnType.FLOAT64;
            case "BOOLEAN" -> ColumnType.BOOL;
            case "DATE" -> ColumnType.DATE;
            case "TIMESTAMP", "TIMESTAMP WITH TIME ZONE" -> ColumnType.TIMESTAMP;
            default ->
                throw new Bad(
                        "invalid",
                        "This emulator does not load columns of type " + column.duck() + ": " + column.name()
                                + ". File: " + load.uri());
        };
    }

    private String value(Load load, String file, FileColumn from, Column to) throws SQLException, Bad {
        ColumnType type = type(load, from);
        boolean fits = type == to.type()
                || (to.type() == ColumnType.DATETIME && from.duck().equals("TIMESTAMP"));
        if (!fits) {
            throw bad("Error while reading data, error message: Parquet column '" + from.name() + "' has type "
                    + from.duck() + " which does not match the target cpp_type " + to.type() + ". File: "
                    + load.uri());
        }
        String quoted = '"' + from.name() + '"';
        if (to.type() != ColumnType.TIMESTAMP && to.type() != ColumnType.DATETIME) {
            return to.type() == ColumnType.DATE ? "CAST(epoch(" + quoted + ") / 86400 AS INTEGER)" : quoted;
        }
        String micros = "epoch_us(" + quoted + ")";
        long outside = warehouse.number("SELECT count(*) FROM " + file + " WHERE " + micros + " < "
                + ColumnType.EARLIEST + " OR " + micros + " > " + ColumnType.LATEST);
        if (outside > 0) {
            throw bad("Error while reading data, error message: Invalid timestamp value for field '" + from.name()
                    + "': out of range 0001-01-01 to 9999-12-31. File: " + load.uri());
        }
        return micros;
    }

    /** What a job brings must be what the table has. */
    private static void check(Table table, List<Column> said) throws Bad {
        for (Column column : said) {
            Column there = table.column(column.name());
            if (there == null) {
                throw mismatch(table, "Cannot add fields (field: " + column.name() + ")");
            }
            if (there.type() != column.type()) {
                throw mismatch(
                        table,
                        "Field " + column.name() + " has changed type from "
                                + there.type().rest() + " to " + column.type().rest());
            }
            if (there.required() && !column.required()) {
                throw mismatch(table, "Field " + column.name() + " has changed mode from REQUIRED to NULLABLE");
            }
        }
        for (Column there : table.columns()) {
            if (there.required() && said.stream().noneMatch(c -> c.name().equalsIgnoreCase(there.name()))) {
                throw mismatch(table, "Field " + there.name() + " is missing in new schema");
            }
        }
    }

    private static Bad mismatch(Table table, String why) {
        return bad("Provided Schema does not match Table " + table.name().key() + ". " + why);
    }

    private static Bad bad(String message) {
        return new Bad("invalid", message);
    }
}
