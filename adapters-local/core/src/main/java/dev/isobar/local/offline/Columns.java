package dev.isobar.local.offline;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Schema;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** How our column types are called in DuckDB, and so in Parquet. Stateless. */
final class Columns {
    private Columns() {}

    static String sqlType(FieldType type) {
        return switch (type) {
            case STRING -> "VARCHAR";
            case INT32 -> "INTEGER";
            case INT64 -> "BIGINT";
            case FLOAT64 -> "DOUBLE";
            case BOOL -> "BOOLEAN";
            case TIMESTAMP -> "TIMESTAMPTZ";
            case LOCAL_TIMESTAMP -> "TIMESTAMP";
        };
    }

    /** The type in which every value of a DuckDB type is exact; null if there is none. */
    static @Nullable FieldType fieldType(String sqlType) {
        return switch (sqlType) {
            case "VARCHAR" -> FieldType.STRING;
            case "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT" -> FieldType.INT32;
            case "BIGINT", "UINTEGER" -> FieldType.INT64;
            case "FLOAT", "DOUBLE" -> FieldType.FLOAT64;
            case "BOOLEAN" -> FieldType.BOOL;
            case "TIMESTAMP WITH TIME ZONE" -> FieldType.TIMESTAMP;
            case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "DATE" -> FieldType.LOCAL_TIMESTAMP;
            default -> sqlType.startsWith("DECIMAL") || sqlType.startsWith("ENUM") ? FieldType.STRING : null;
        };
    }

    /** What a {@link RowFeed} gives, with the names and types of the table. */
    static String named(Schema schema) {
        StringJoiner columns = new StringJoiner(", ");
        for (int i = 0; i < schema.size(); i++) {
            String column = "c" + i;
            String typed = switch (schema.field(i).type()) {
                // Not a cast from a timestamp without a zone, which would ask the calendar for every value.
                case TIMESTAMP -> "make_timestamptz(" + column + ")";
                case LOCAL_TIMESTAMP -> "make_timestamp(" + column + ")";
                default -> column;
            };
            columns.add(typed + " AS " + DuckDb.identifier(schema.field(i).name()));
        }
        return columns.toString();
    }

    /** The columns in slot order, each as the type its reader wants; a file that somebody rewrote may have another. */
    static String selection(Schema schema) {
        StringJoiner columns = new StringJoiner(", ");
        for (Field field : schema.fields()) {
            String typed = "CAST(" + DuckDb.identifier(field.name()) + " AS " + sqlType(field.type()) + ")";
            columns.add(field.type().isTemporal() ? "epoch_us(" + typed + ")" : typed);
        }
        return columns.toString();
    }

    /** A column's word as a value of its type. */
    static String word(FieldType type, long word) {
        return switch (type) {
            case TIMESTAMP -> "CAST(make_timestamp(" + word + ") AS TIMESTAMPTZ)";
            case LOCAL_TIMESTAMP -> "make_timestamp(" + word + ")";
            default -> word == Long.MIN_VALUE ? "(-9223372036854775807 - 1)" : Long.toString(word);
        };
    }

    /** DuckDB keeps three values of its times for infinities. */
    static boolean storable(FieldType type, long word) {
        return !type.isTemporal() || (word > -Long.MAX_VALUE && word < Long.MAX_VALUE);
    }
}
