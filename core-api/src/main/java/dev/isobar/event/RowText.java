package dev.isobar.event;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.YearMonth;
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
    /** Instead of microseconds: not a reading of the plain shape. */
    public static final long NOT_PLAIN = Long.MIN_VALUE;

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

    /** The texts of columns joined by U+001F, as in {@link Event#key()}. */
    public static String key(Row row, int[] slots) {
        if (slots.length == 1) {
            return format(row, slots[0]);
        }
        StringBuilder key = new StringBuilder();
        for (int i = 0; i < slots.length; i++) {
            key.append(i == 0 ? "" : "\u001f").append(format(row, slots[i]));
        }
        return key.toString();
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
                case STRING -> {
                    if (!isUnicode(value)) {
                        return "holds half of a surrogate pair, which is not text";
                    }
                    row.setText(slot, value);
                }
                case INT32 -> row.setWord(slot, Integer.parseInt(value));
                case INT64 -> row.setWord(slot, Long.parseLong(value));
                case FLOAT64 -> row.setFloat64(slot, number(value));
                case BOOL -> {
                    if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
                        return "is '" + shorten(value) + "', not true or false";
                    }
                    row.setWord(slot, value.equalsIgnoreCase("true") ? 1 : 0);
                }
                case TIMESTAMP -> {
                    long plain = plainReading(value, true);
                    row.setWord(slot, plain != NOT_PLAIN ? plain : micros(parseInstant(value)));
                }
                case LOCAL_TIMESTAMP -> {
                    long plain = plainReading(value, false);
                    if (plain != NOT_PLAIN) {
                        row.setWord(slot, plain);
                        return null;
                    }
                    LocalDateTime t = LocalDateTime.parse(value.replace(' ', 'T'));
                    row.setWord(slot, micros(t.toEpochSecond(ZoneOffset.UTC), t.getNano()));
                }
            }
            return null;
        } catch (NumberFormatException | DateTimeParseException | ArithmeticException e) {
            return "is '" + shorten(value) + "', not " + noun(type);
        }
    }

    /** Microseconds since the epoch, truncated towards the past. */
    public static long micros(Instant t) {
        return micros(t.getEpochSecond(), t.getNano());
    }

    /** Whether every surrogate in the text has its other half, so that UTF-8 can say it. */
    static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (!Character.isHighSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    // The first second that fits only in part begins before the first microsecond that fits: count back from its end.
    private static long micros(long second, int nano) {
        return second >= 0
                ? Math.addExact(Math.multiplyExact(second, 1_000_000L), nano / 1000)
                : Math.addExact(Math.multiplyExact(second + 1, 1_000_000L), nano / 1000 - 1_000_000L);
    }

    // Java's own parser also takes 12d, 0x1p3 and surrounding blanks, which are somebody else's slips in a file of
    // data.
    private static double number(String value) {
        if (!value.isEmpty() && !value.equals("NaN") && !value.endsWith("Infinity")) {
            char last = value.charAt(value.length() - 1);
            if (!(last >= '0' && last <= '9' || last == '.')
                    || value.charAt(0) <= ' '
                    || value.indexOf('x') >= 0
                    || value.indexOf('X') >= 0) {
                throw new NumberFormatException(value);
            }
        }
        return Double.parseDouble(value);
    }

    /** The instant of a microsecond count. */
    public static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /**
     * Microseconds of {@code 2001-01-01T05:18} or {@code 2001-01-01T05:18:00}, with a {@code Z} behind it for an instant. Files of
     * events are full of these two shapes, and the JDK's general parser takes most of an ingest's time over them.
     *
     * @return {@link #NOT_PLAIN} for any other shape, which the general parser then judges
     */
    private static long plainReading(String value, boolean zulu) {
        int length = value.length() - (zulu ? 1 : 0);
        boolean shape = (length == 16 || length == 19 && value.charAt(16) == ':')
                && (!zulu || value.charAt(length) == 'Z')
                && value.charAt(4) == '-'
                && value.charAt(7) == '-'
                && value.charAt(10) == 'T'
                && value.charAt(13) == ':';
        if (!shape) {
            return NOT_PLAIN;
        }
        int year = digits(value, 0, 4);
        int month = digits(value, 5, 2);
        int day = digits(value, 8, 2);
        int hour = digits(value, 11, 2);
        int minute = digits(value, 14, 2);
        int second = length == 19 ? digits(value, 17, 2) : 0;
        return micros(year, month, day, hour, minute, second);
    }

    /**
     * Microseconds since the epoch of a reading in UTC.
     *
     * @return {@link #NOT_PLAIN} for a reading that no calendar has, such as a month 13, a negative part or a second 60
     */
    public static long micros(int year, int month, int day, int hour, int minute, int second) {
        if (year < 0
                || year > 9999
                || month < 1
                || month > 12
                || day < 1
                || day > 28 && day > YearMonth.of(year, month).lengthOfMonth()
                || hour < 0
                || hour > 23
                || minute < 0
                || minute > 59
                || second < 0
                || second > 59) {
            return NOT_PLAIN;
        }
        // A year begins in March here, so that the leap day is its last; the calendar repeats itself after 400 years.
        int y = 400 + (month <= 2 ? year - 1 : year);
        int m = month <= 2 ? month + 9 : month - 3;
        long days = 365L * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468 - 146_097;
        return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000L;
    }

    private static int digits(String value, int from, int count) {
        int n = 0;
        for (int i = from; i < from + count; i++) {
            int digit = value.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            n = n * 10 + digit;
        }
        return n;
    }

    private static Instant parseInstant(String value) {
        // A bare local reading has no instant; this refuses it, which is what we want: guessing a zone is how
        // data rots.
        // Not Instant.parse: it insists on seconds, and 2001-02-15T00:00Z is how people write midnight.
        return OffsetDateTime.parse(value).toInstant();
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
