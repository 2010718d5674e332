package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A column of a table or of an answer. Names have no case.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/schemas#column_names">column names</a>
 */
record Column(String name, ColumnType type, boolean required) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,299}");
    private static final List<String> RESERVED = List.of(
            "_TABLE_",
            "_FILE_",
            "_PARTITION",
            "_ROW_TIMESTAMP",
            "__ROOT__",
            "_COLIDENTIFIER",
            "_CHANGE_SEQUENCE_NUMBER",
            "_CHANGE_TYPE",
            "_CHANGE_TIMESTAMP");
    private static final int MOST = 10_000;

    /** Those of a schema as it arrives. */
    static List<Column> of(JsonNode schema) {
        List<Column> columns = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (JsonNode field : schema.path("fields")) {
            String name = field.path("name").asText("");
            if (!NAME.matcher(name).matches()) {
                throw Refusal.invalid(
                        "Invalid field name \"" + name
                                + "\". Fields must contain only letters, numbers, and underscores, start with a letter or underscore, and be at most 300 characters long.");
            }
            String upper = name.toUpperCase(Locale.ROOT);
            if (RESERVED.stream().anyMatch(upper::startsWith)) {
                throw Refusal.invalid(
                        "Invalid field name \"" + name + "\". Field names are not allowed to start with the"
                                + " (case-insensitive) prefixes " + RESERVED);
            }
            if (!taken.add(upper)) {
                throw Refusal.invalid("Duplicate column name: '" + name + "'.");
            }
            String mode = field.path("mode").asText("NULLABLE").toUpperCase(Locale.ROOT);
            if (mode.equals("REPEATED")) {
                throw Refusal.notHere("repeated columns");
            }
            if (!mode.equals("NULLABLE") && !mode.equals("REQUIRED")) {
                throw Refusal.invalid("Invalid value for mode: " + mode + " is not a valid value");
            }
            columns.add(new Column(name, ColumnType.of(field.path("type").asText("")), mode.equals("REQUIRED")));
        }
        if (columns.size() > MOST) {
            throw Refusal.invalid("Too many total leaf fields: " + columns.size() + ", max allowed: " + MOST);
        }
        return columns;
    }

    /** The schema as it is answered. */
    static void write(List<Column> columns, ObjectNode into) {
        ArrayNode fields = into.putObject("schema").putArray("fields");
        for (Column column : columns) {
            fields.addObject()
                    .put("name", column.name)
                    .put("type", column.type.rest())
                    .put("mode", column.required ? "REQUIRED" : "NULLABLE");
        }
    }

    /** In DuckDB's words. */
    String quoted() {
        return '"' + name + '"';
    }
}
