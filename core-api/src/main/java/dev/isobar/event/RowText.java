package dev.isobar.event;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one textual form of column values, for CSV, JSON and messages: ISO-8601 for times, shortest round-trip decimal for
 * {@code FLOAT64}, {@code true}/{@code false}. Stateless.
 *
 * @since 0.1
 */
public final class RowText {
    private RowText() {}

    /** The column's value as text, or {@code "null"}. */
    public static String format(Row row, int slot) {
        if (row.isNull(slot)) {
            return "null";
        }
        return switch (row.schema().field(slot).type()) {
            case STRING -> String.valueOf(row.text(slot));
            case INT32, INT64 -> Long.toString(row.word(slot));
            case FLOAT64 -> Double.toString(row.float64(slot));
            case BOOL -> row.word(slot) != 0 ? "true" : "false";
            case TIMESTAMP -> instant(row.word(slot)).toString();
            case LOCAL_TIMESTAMP ->
                LocalDateTime.ofEpochSecond(
                                Math.floorDiv(row.word(slot), 1_000_000L),
                                (int) Math.floorMod(row.word(slot), 1_000_000L) * 1000,
                                ZoneOffset.UTC)
                        .toString();
        };
    }

    /**
     * Parses text into a slot.
     *
     * @return null if it worked, else what is wrong with the text, as a phrase that follows the column's name
     */
    public static @Nullable String parse(Row row, int slot, String value) {
        FieldType type = row.schema().field(slot).type();
        try {
            switch (type) {
                case STRING -> row.setText(slot, value);
                case INT32 -> row.setWord(slot, Integer.parseInt(value));
                case INT64 -> row.setWord(slot, Long.parseLong(value));
                case FLOAT64 -> row.setFloat64(slot, Double.parseDouble(value));
                case BOOL -> {
                    if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
                        return "is '" + shorten(value) + "', not true or false";
                    }
                    row.setWord(slot, value.equalsIgnoreCase("true") ? 1 : 0);
                }
                case TIMESTAMP -> row.setWord(slot, micros(parseInstant(value)));
                case LOCAL_TIMESTAMP -> {
                    LocalDateTime t = LocalDateTime.parse(value.replace(' ', 'T'));
                    row.setWord(
                            slot,
                            Math.addExact(
                                    Math.multiplyExact(t.toEpochSecond(ZoneOffset.UTC), 1_000_000L),
                                    t.getNano() / 1000));
                }
            }
            return null;
        } catch (NumberFormatException | DateTimeParseException | ArithmeticException e) {
            return "is '" + shorten(value) + "', not " + noun(type);
        }
    }

    /** Microseconds since the epoch, truncated towards the past. */
    public static long micros(Instant t) {
        return Math.addExact(Math.multiplyExact(t.getEpochSecond(), 1_000_000L), t.getNano() / 1000);
    }

    /** The instant of a microsecond count. */
    public static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private static Instant parseInstant(String value) {
        // A bare local reading has no instant; Instant.parse refuses it, which is what we want: guessing a zone is how
        // data rots.
        return value.endsWith("Z")
                ? Instant.parse(value)
                : java.time.OffsetDateTime.parse(value).toInstant();
    }

    private static String noun(FieldType type) {
        return switch (type) {
            case STRING -> "text";
            case INT32 -> "a 32-bit integer";
            case INT64 -> "a 64-bit integer";
            case FLOAT64 -> "a number";
            case BOOL -> "true or false";
            case TIMESTAMP -> "an instant such as 2001-01-01T05:18:00Z";
            case LOCAL_TIMESTAMP -> "a local time such as 2001-01-01T00:18";
        };
    }

    private static String shorten(String value) {
        return value.length() <= 40 ? value : value.substring(0, 37) + "...";
    }
}
