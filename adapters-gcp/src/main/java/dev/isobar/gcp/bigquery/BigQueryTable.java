package dev.isobar.gcp.bigquery;

import com.google.cloud.bigquery.Clustering;
import com.google.cloud.bigquery.QueryParameterValue;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.cloud.bigquery.TimePartitioning;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Schema;
import dev.isobar.platform.managed.ResourceNames;
import dev.isobar.port.OfflineStore.TableDefinition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A table as BigQuery sees it: names that it takes, types in which every value is exact, partitions by day and clusters where the table's order allows them, and the SQL
 * that reads it back. Immutable.
 *
 * <p>A column's name is its own where BigQuery takes it, else a like one with the column's number. One more column, {@value #PART}, says which part a row is of.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/schemas">schemas</a>
 */
final class BigQueryTable {
    /** The column that says which part a row is of. */
    static final String PART = "isobar_part";

    /** 0001-01-01 00:00:00 and 9999-12-31 23:59:59.999999 in microseconds: what TIMESTAMP and DATETIME hold. */
    static final long EARLIEST = -62_135_596_800_000_000L;

    static final long LATEST = 253_402_300_799_999_999L;

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,199}");
    private static final List<String> RESERVED = List.of(
            "_TABLE_", "_FILE_", "_PARTITION", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER", "_CHANGE_", "ISOBAR_");
    private static final int READABLE = 100;
    private static final int MOST_CLUSTERING = 4;

    private final TableId id;
    private final TableDefinition definition;
    private final List<String> names;

    /** The table of that definition; its id begins with the prefix. */
    BigQueryTable(String project, String dataset, String prefix, TableDefinition definition, String incarnation) {
        this.definition = definition;
        String readable = definition.table().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
        this.id = TableId.of(
                project,
                dataset,
                prefix.replace('-', '_') + "_"
                        + (readable.length() <= READABLE ? readable : readable.substring(0, READABLE)) + "_"
                        + digest(definition.table() + "/" + incarnation));
        this.names = names(definition.schema());
    }

    private static List<String> names(Schema schema) {
        List<String> names = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < schema.size(); i++) {
            String own = schema.field(i).name();
            String upper = own.toUpperCase(Locale.ROOT);
            if (!PLAIN.matcher(own).matches() || RESERVED.stream().anyMatch(upper::startsWith)) {
                own = "c" + i + "_"
                        + (own.length() > READABLE ? own.substring(0, READABLE) : own).replaceAll("[^A-Za-z0-9_]", "_");
            }
            while (!taken.add(own.toUpperCase(Locale.ROOT))) {
                own += "_";
            }
            names.add(own);
        }
        return List.copyOf(names);
    }

    /** 16 digits that stand for a text. */
    static String digest(String text) {
        return ResourceNames.sha256(text).substring(0, 16);
    }

    TableId id() {
        return id;
    }

    /** The table's name among the resources of Google's APIs. */
    String path() {
        return "projects/" + id.getProject() + "/datasets/" + id.getDataset() + "/tables/" + id.getTable();
    }

    Schema schema() {
        return definition.schema();
    }

    /** The columns' names, by slot. */
    List<String> names() {
        return names;
    }

    /** What is to be made. */
    TableInfo info(Map<String, String> labels) {
        StandardTableDefinition.Builder columns =
                StandardTableDefinition.newBuilder().setSchema(columns());
        String day = day();
        if (day != null) {
            columns.setTimePartitioning(TimePartitioning.newBuilder(TimePartitioning.Type.DAY)
                    .setField(day)
                    .build());
        }
        List<String> clusters = clusters();
        if (!clusters.isEmpty()) {
            columns.setClustering(Clustering.newBuilder().setFields(clusters).build());
        }
        return TableInfo.newBuilder(id, columns.build())
                .setLabels(labels)
                .setDescription("Isobar's table " + definition.table())
                .build();
    }

    com.google.cloud.bigquery.Schema columns() {
        List<com.google.cloud.bigquery.Field> fields = new ArrayList<>();
        // The first, so that columns can be added behind the last. Every row has one; but a load job takes it from the
        // name of a folder, and BigQuery lets no such column be required.
        fields.add(field(PART, StandardSQLTypeName.STRING, true));
        fields.addAll(own());
        return com.google.cloud.bigquery.Schema.of(fields);
    }

    /** The columns that a file of rows has. */
    com.google.cloud.bigquery.Schema fileColumns() {
        return com.google.cloud.bigquery.Schema.of(own());
    }

    private List<com.google.cloud.bigquery.Field> own() {
        List<com.google.cloud.bigquery.Field> fields = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Field field = schema().field(i);
            fields.add(field(names.get(i), type(field.type()), field.nullable()));
        }
        return fields;
    }

    /** The same as they are written. */
    Schema fileSchema() {
        return Schema.of(IntStream.range(0, names.size())
                .mapToObj(i -> {
                    Field field = schema().field(i);
                    return field.nullable()
                            ? Field.optional(names.get(i), field.type())
                            : Field.required(names.get(i), field.type());
                })
                .toList());
    }

    private static com.google.cloud.bigquery.Field field(String name, StandardSQLTypeName type, boolean nullable) {
        return com.google.cloud.bigquery.Field.newBuilder(name, type)
                .setMode(
                        nullable
                                ? com.google.cloud.bigquery.Field.Mode.NULLABLE
                                : com.google.cloud.bigquery.Field.Mode.REQUIRED)
                .build();
    }

    private static StandardSQLTypeName type(FieldType type) {
        return switch (type) {
            case STRING -> StandardSQLTypeName.STRING;
            case INT32, INT64 -> StandardSQLTypeName.INT64;
            case FLOAT64 -> StandardSQLTypeName.FLOAT64;
            case BOOL -> StandardSQLTypeName.BOOL;
            case TIMESTAMP -> StandardSQLTypeName.TIMESTAMP;
            case LOCAL_TIMESTAMP -> StandardSQLTypeName.DATETIME;
        };
    }

    /** The first time in the table's order, by whose days rows are kept apart. */
    private @Nullable String day() {
        return ordered()
                .filter(i -> schema().field(i).type().isTemporal())
                .findFirst()
                .map(names::get)
                .orElse(null);
    }

    /** Texts of the order, such as a key, lie together; within them the rows of a part. */
    private List<String> clusters() {
        return Stream.concat(
                        ordered()
                                .filter(i -> schema().field(i).type() == FieldType.STRING)
                                .limit(MOST_CLUSTERING - 1)
                                .map(names::get),
                        Stream.of(PART))
                .toList();
    }

    private Stream<Integer> ordered() {
        return definition.order().stream().map(schema()::require);
    }

    /** A query and what it is given. */
    record Query(String sql, Map<String, QueryParameterValue> parameters) {}

    /** All columns of some parts' rows, as {@link QueryRows} reads them. */
    Query scan(List<String> parts, @Nullable Integer rangeSlot, long from, long to, boolean ordered) {
        StringJoiner columns = new StringJoiner(", ");
        for (int i = 0; i < names.size(); i++) {
            columns.add(selected(i));
        }
        Map<String, QueryParameterValue> parameters = new TreeMap<>();
        StringBuilder sql = new StringBuilder("SELECT ")
                .append(columns)
                .append(from())
                .append(" WHERE t.`" + PART + "` IN UNNEST(@parts)");
        parameters.put("parts", QueryParameterValue.array(parts.toArray(new String[0]), StandardSQLTypeName.STRING));
        if (rangeSlot != null) {
            range(rangeSlot, from, to, sql, parameters);
        }
        if (ordered && !definition.order().isEmpty()) {
            StringJoiner order = new StringJoiner(", ", " ORDER BY ", "");
            // Null comes first in both; NaN behind all numbers is the other stores' place for it.
            ordered()
                    .forEach(i -> order.add((schema().field(i).type() == FieldType.FLOAT64
                                    ? "IS_NAN(" + column(i) + ") ASC NULLS FIRST, "
                                    : "")
                            + column(i) + " ASC NULLS FIRST"));
            sql.append(order);
        }
        return new Query(sql.toString(), parameters);
    }

    private String from() {
        return " FROM `" + id.getProject() + "." + id.getDataset() + "." + id.getTable() + "` AS t";
    }

    private String column(int slot) {
        return "t.`" + names.get(slot) + "`";
    }

    /** Floating-point numbers as text with 17 digits, from which each comes back to the last bit; the answer's own text of them is not promised to. */
    private String selected(int slot) {
        return switch (schema().field(slot).type()) {
            case STRING, INT32, INT64, BOOL -> column(slot);
            case FLOAT64 -> "FORMAT('%.16e', " + column(slot) + ")";
            case TIMESTAMP -> "UNIX_MICROS(" + column(slot) + ")";
            case LOCAL_TIMESTAMP -> "UNIX_MICROS(TIMESTAMP(" + column(slot) + ", 'UTC'))";
        };
    }

    private void range(int slot, long from, long to, StringBuilder sql, Map<String, QueryParameterValue> parameters) {
        FieldType type = schema().field(slot).type();
        String column = column(slot);
        sql.append(" AND ").append(column).append(" IS NOT NULL");
        if (!type.isTemporal()) {
            sql.append(" AND ")
                    .append(column)
                    .append(" >= @low AND ")
                    .append(column)
                    .append(" < @high");
            parameters.put("low", QueryParameterValue.int64(from));
            parameters.put("high", QueryParameterValue.int64(to));
            return;
        }
        // A bound that the column cannot reach is none.
        if (from > LATEST || to <= EARLIEST) {
            sql.append(" AND FALSE");
            return;
        }
        String bound = type == FieldType.TIMESTAMP ? "TIMESTAMP_MICROS(%s)" : "DATETIME(TIMESTAMP_MICROS(%s), 'UTC')";
        if (from > EARLIEST) {
            sql.append(" AND ").append(column).append(" >= ").append(bound.formatted("@low"));
            parameters.put("low", QueryParameterValue.int64(from));
        }
        if (to <= LATEST) {
            sql.append(" AND ").append(column).append(" < ").append(bound.formatted("@high"));
            parameters.put("high", QueryParameterValue.int64(to));
        }
    }

    /** Removes the rows with a text. */
    Query erasure(int slot, String text) {
        return new Query(
                "DELETE" + from() + " WHERE " + column(slot) + " = @text",
                Map.of("text", QueryParameterValue.string(text)));
    }

    /** How many rows each part has. */
    Query counts() {
        return new Query("SELECT t.`" + PART + "`, COUNT(*)" + from() + " GROUP BY t.`" + PART + "`", Map.of());
    }
}
