package dev.isobar.parquet;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Schema;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * How the columns of a schema lie in Parquet files. Immutable.
 *
 * @param names the columns' names in the file, by slot
 * @param times whether instants and local times are Parquet timestamps in microseconds; else they are the 64-bit integers of their microseconds
 * @since 0.1
 */
public record Layout(Schema schema, List<String> names, boolean times) {
    /** Makes the list its own. */
    public Layout {
        names = List.copyOf(names);
    }

    /** Under the columns' own names, and with timestamps. */
    public static Layout plain(Schema schema) {
        return new Layout(schema, schema.fields().stream().map(Field::name).toList(), true);
    }

    /** What DuckDB calls the type of a column in the file. */
    public String sqlType(int slot) {
        return switch (schema.field(slot).type()) {
            case STRING -> "VARCHAR";
            case INT32 -> "INTEGER";
            case INT64 -> "BIGINT";
            case FLOAT64 -> "DOUBLE";
            case BOOL -> "BOOLEAN";
            case TIMESTAMP -> times ? "TIMESTAMPTZ" : "BIGINT";
            case LOCAL_TIMESTAMP -> times ? "TIMESTAMP" : "BIGINT";
        };
    }

    /** The type in which every value of a DuckDB type is exact; null if there is none. */
    public static @Nullable FieldType fieldType(String sqlType) {
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

    /** The columns in slot order, as {@link ParquetCursor} wants them, each as the type its reader wants; a file that somebody rewrote may have another. */
    public String selection() {
        StringJoiner columns = new StringJoiner(", ");
        for (int i = 0; i < schema.size(); i++) {
            String typed = "CAST(" + DuckDb.identifier(names.get(i)) + " AS " + sqlType(i) + ")";
            columns.add(times && schema.field(i).type().isTemporal() ? "epoch_us(" + typed + ")" : typed);
        }
        return columns.toString();
    }

    /** A column's word as a value of its type in SQL. */
    public String word(int slot, long word) {
        FieldType type = schema.field(slot).type();
        if (times && type == FieldType.TIMESTAMP) {
            return "CAST(make_timestamp(" + word + ") AS TIMESTAMPTZ)";
        }
        if (times && type == FieldType.LOCAL_TIMESTAMP) {
            return "make_timestamp(" + word + ")";
        }
        return word == Long.MIN_VALUE ? "(-9223372036854775807 - 1)" : Long.toString(word);
    }

    /** Whether the file can hold a word: DuckDB keeps three values of its times for infinities. */
    public boolean storable(int slot, long word) {
        return !times
                || !schema.field(slot).type().isTemporal()
                || (word > -Long.MAX_VALUE && word < Long.MAX_VALUE);
    }

    /** What a {@link RowFeed} gives, with the names and types of the file. */
    String named() {
        StringJoiner columns = new StringJoiner(", ");
        for (int i = 0; i < schema.size(); i++) {
            String column = "c" + i;
            FieldType type = schema.field(i).type();
            // Not a cast from a timestamp without a zone, which would ask the calendar for every value.
            String typed = times && type == FieldType.TIMESTAMP
                    ? "make_timestamptz(" + column + ")"
                    : times && type == FieldType.LOCAL_TIMESTAMP ? "make_timestamp(" + column + ")" : column;
            columns.add(typed + " AS " + DuckDb.identifier(names.get(i)));
        }
        return columns.toString();
    }
}
