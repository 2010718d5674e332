package dev.isobar.emulator.gcp.bigquery;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * GoogleSQL's types, and how their values lie in DuckDB: times as whole numbers, so that nobody's calendar comes between.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types">data types</a>
 */
enum ColumnType {
    STRING("STRING", "VARCHAR"),
    BYTES("BYTES", "BLOB"),
    INT64("INTEGER", "BIGINT"),
    FLOAT64("FLOAT", "DOUBLE"),
    BOOL("BOOLEAN", "BOOLEAN"),
    /** Microseconds since 1970 in UTC. */
    TIMESTAMP("TIMESTAMP", "BIGINT"),
    /** The same of a clock on a wall. */
    DATETIME("DATETIME", "BIGINT"),
    /** Days since 1970. */
    DATE("DATE", "INTEGER");

    /** 0001-01-01 00:00:00 and 9999-12-31 23:59:59.999999, in microseconds. */
    static final long EARLIEST = -62_135_596_800_000_000L;

    static final long LATEST = 253_402_300_799_999_999L;

    private static final int MICROS = 1_000_000;
    private static final DateTimeFormatter WALL = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");

    private final String rest;
    private final String duck;

    ColumnType(String rest, String duck) {
        this.rest = rest;
        this.duck = duck;
    }

    /** The name in answers of the REST interface. */
    String rest() {
        return rest;
    }

    String duck() {
        return duck;
    }

    static ColumnType of(String name) {
        return switch (name.toUpperCase(Locale.ROOT)) {
            case "STRING" -> STRING;
            case "BYTES" -> BYTES;
            case "INTEGER", "INT64" -> INT64;
            case "FLOAT", "FLOAT64" -> FLOAT64;
            case "BOOLEAN", "BOOL" -> BOOL;
            case "TIMESTAMP" -> TIMESTAMP;
            case "DATETIME" -> DATETIME;
            case "DATE" -> DATE;
            case "NUMERIC", "BIGNUMERIC", "TIME", "GEOGRAPHY", "JSON", "RECORD", "STRUCT", "INTERVAL", "RANGE" ->
                throw Refusal.notHere("columns of type " + name);
            default -> throw Refusal.invalid("Invalid value for type: " + name + " is not a valid value");
        };
    }

    /** Whether rows can be put side by side by it. */
    boolean isForClustering() {
        return this != FLOAT64 && this != BYTES;
    }

    /** Bytes that a query is billed for a value, in DuckDB's words; null costs nothing. */
    String billed(String column) {
        return switch (this) {
            case STRING -> "coalesce(sum(2 + octet_length(encode(" + column + "))), 0)";
            case BYTES -> "coalesce(sum(2 + octet_length(" + column + ")), 0)";
            case BOOL -> "count(" + column + ")";
            default -> "8 * count(" + column + ")";
        };
    }

    /** A value as the REST interface writes it; null for null. */
    @Nullable
    String text(ResultSet row, int at, boolean microseconds) throws SQLException {
        String text = switch (this) {
            case STRING -> row.getString(at);
            case BYTES -> {
                byte[] bytes = row.getBytes(at);
                yield bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
            }
            case INT64 -> Long.toString(row.getLong(at));
            case FLOAT64 -> Double.toString(row.getDouble(at));
            case BOOL -> Boolean.toString(row.getBoolean(at));
            case TIMESTAMP -> {
                long micros = row.getLong(at);
                yield microseconds
                        ? Long.toString(micros)
                        : BigDecimal.valueOf(micros, 6).toPlainString();
            }
            case DATETIME -> wall(row.getLong(at));
            case DATE -> LocalDate.ofEpochDay(row.getInt(at)).toString();
        };
        return row.wasNull() ? null : text;
    }

    private static String wall(long micros) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(
                Math.floorDiv(micros, MICROS), (int) Math.floorMod(micros, MICROS) * 1_000, ZoneOffset.UTC);
        int fraction = time.getNano() / 1_000;
        return WALL.format(time) + (fraction == 0 ? "" : String.format(Locale.ROOT, ".%06d", fraction));
    }

    /** The microseconds of a time on a wall. */
    static long micros(LocalDateTime wall) {
        return wall.toEpochSecond(ZoneOffset.UTC) * MICROS + wall.getNano() / 1_000;
    }
}
