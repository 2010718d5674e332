package dev.isobar.server.http;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the usual question, one flat JSON object of the schema's columns and nothing else, in one pass over its bytes. It never judges: whatever it does not know for
 * certain (escapes, exponents, other fields, anything wrong) it leaves to {@link RequestReader}, which reads it again and says what is wrong. What it does
 * read, it reads to the same bits. Immutable and thread safe.
 */
final class PlainInstance {
    private static final long[] TENS = new long[16];
    /** More digits may not be exact as a binary64, or not fit. */
    private static final int MOST_DECIMALS = 15;

    private static final int MOST_DIGITS = 18;

    static {
        TENS[0] = 1;
        for (int i = 1; i < TENS.length; i++) {
            TENS[i] = 10 * TENS[i - 1];
        }
    }

    private final Schema schema;
    private final byte[][] names;
    private final FieldType[] types;
    private final boolean[] nullable;
    /** Columns that must be given; a schema of more than 64 columns is not plain. */
    private final long required;

    PlainInstance(Schema schema) {
        this.schema = schema;
        int n = schema.size();
        this.names = new byte[n][];
        this.types = new FieldType[n];
        this.nullable = new boolean[n];
        long must = 0;
        for (int i = 0; i < n; i++) {
            Field field = schema.field(i);
            names[i] = field.name().getBytes(StandardCharsets.UTF_8);
            types[i] = field.type();
            nullable[i] = field.nullable();
            must |= field.nullable() ? 0 : 1L << i;
        }
        this.required = must;
    }

    /** The row, or null for whatever is not plain. */
    @Nullable
    Row read(byte[] b, int from, int length) {
        if (names.length > Long.SIZE) {
            return null;
        }
        int end = from + length;
        int at = blank(b, from, end);
        if (at >= end || b[at] != '{') {
            return null;
        }
        Row row = new Row(schema);
        long given = 0;
        int expected = 0;
        at = blank(b, at + 1, end);
        while (at < end && b[at] == '"') {
            int name = ++at;
            while (at < end && b[at] != '"' && b[at] != '\\') {
                at++;
            }
            int slot = slot(b, name, at, expected);
            if (slot < 0 || at >= end || b[at] != '"' || (given & 1L << slot) != 0) {
                return null;
            }
            given |= 1L << slot;
            expected = slot + 1;
            at = blank(b, at + 1, end);
            if (at >= end || b[at] != ':') {
                return null;
            }
            at = value(b, blank(b, at + 1, end), end, row, slot);
            if (at < 0) {
                return null;
            }
            at = blank(b, at, end);
            if (at < end && b[at] == ',') {
                at = blank(b, at + 1, end);
                if (at >= end || b[at] != '"') {
                    return null;
                }
            } else {
                break;
            }
        }
        if (at >= end || b[at] != '}' || blank(b, at + 1, end) != end || (given & required) != required) {
            return null;
        }
        return row;
    }

    /** Clients send columns in an order, so the next one is tried first. */
    private int slot(byte[] b, int from, int to, int expected) {
        for (int i = 0; i < names.length; i++) {
            int slot = expected + i;
            slot = slot >= names.length ? slot - names.length : slot;
            byte[] name = names[slot];
            if (name.length == to - from && equal(b, from, name)) {
                return slot;
            }
        }
        return -1;
    }

    private static boolean equal(byte[] b, int from, byte[] name) {
        for (int i = 0; i < name.length; i++) {
            if (b[from + i] != name[i]) {
                return false;
            }
        }
        return true;
    }

    private static int blank(byte[] b, int from, int end) {
        int at = from;
        while (at < end && (b[at] == ' ' || b[at] == '\n' || b[at] == '\r' || b[at] == '\t')) {
            at++;
        }
        return at;
    }

    /** Where the value ends, or -1. */
    private int value(byte[] b, int at, int end, Row row, int slot) {
        if (at >= end) {
            return -1;
        }
        FieldType type = types[slot];
        byte c = b[at];
        if (c == '"') {
            int to = at + 1;
            while (to < end && b[to] != '"') {
                // Escapes, control characters and everything beyond ASCII.
                if (b[to] < ' ' || b[to] == '\\') {
                    return -1;
                }
                to++;
            }
            return to < end && text(b, at + 1, to, row, slot, type) ? to + 1 : -1;
        }
        if (c == '-' || (c >= '0' && c <= '9')) {
            return type.isNumeric() ? number(b, at, end, row, slot, type) : -1;
        }
        if (c == 't' && type == FieldType.BOOL && word(b, at, end, "true")) {
            row.setWord(slot, 1);
            return at + 4;
        }
        if (c == 'f' && type == FieldType.BOOL && word(b, at, end, "false")) {
            row.setWord(slot, 0);
            return at + 5;
        }
        return c == 'n' && nullable[slot] && word(b, at, end, "null") ? at + 4 : -1;
    }

    private static boolean word(byte[] b, int at, int end, String word) {
        if (at + word.length() > end) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (b[at + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean text(byte[] b, int from, int to, Row row, int slot, FieldType type) {
        if (type == FieldType.STRING) {
            row.setText(slot, new String(b, from, to - from, StandardCharsets.ISO_8859_1));
            return true;
        }
        if (type == FieldType.TIMESTAMP || type == FieldType.LOCAL_TIMESTAMP) {
            long micros = time(b, from, to, type == FieldType.TIMESTAMP);
            if (micros != RowText.NOT_PLAIN) {
                row.setWord(slot, micros);
                return true;
            }
        }
        return RowText.parse(row, slot, new String(b, from, to - from, StandardCharsets.ISO_8859_1)) == null;
    }

    private static int number(byte[] b, int from, int end, Row row, int slot, FieldType type) {
        boolean negative = b[from] == '-';
        int at = negative ? from + 1 : from;
        int first = at;
        long digits = 0;
        while (at < end && b[at] >= '0' && b[at] <= '9') {
            digits = 10 * digits + b[at++] - '0';
        }
        int count = at - first;
        if (count == 0 || count > MOST_DIGITS || (count > 1 && b[first] == '0')) {
            return -1;
        }
        boolean fraction = at < end && b[at] == '.';
        int decimals = 0;
        if (fraction) {
            int point = at++;
            while (at < end && b[at] >= '0' && b[at] <= '9' && at - point <= MOST_DIGITS) {
                digits = 10 * digits + b[at++] - '0';
            }
            decimals = at - point - 1;
            if (decimals == 0 || count + decimals > MOST_DECIMALS) {
                return -1;
            }
        }
        if (at >= end || !ends(b[at])) {
            return -1;
        }
        if (type == FieldType.FLOAT64) {
            // Both sides are exact, so that the quotient is rounded once; and -0 is left to others.
            if (count + decimals > MOST_DECIMALS || (negative && digits == 0)) {
                return -1;
            }
            double d = (double) digits / TENS[decimals];
            row.setFloat64(slot, negative ? -d : d);
            return at;
        }
        long whole = negative ? -digits : digits;
        if (fraction || (type == FieldType.INT32 && whole != (int) whole)) {
            return -1;
        }
        row.setWord(slot, whole);
        return at;
    }

    private static boolean ends(byte c) {
        return c == ',' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    /** {@code 2001-03-01T12:00}, with seconds and at most six decimals of them or without, and a {@code Z} if it is an instant. */
    private static long time(byte[] b, int from, int to, boolean zulu) {
        int end = zulu ? to - 1 : to;
        int length = end - from;
        if (length < 16
                || (zulu && b[end] != 'Z')
                || b[from + 4] != '-'
                || b[from + 7] != '-'
                || b[from + 10] != 'T'
                || b[from + 13] != ':') {
            return RowText.NOT_PLAIN;
        }
        int year = two(b, from) * 100 + two(b, from + 2);
        int month = two(b, from + 5);
        int day = two(b, from + 8);
        int hour = two(b, from + 11);
        int minute = two(b, from + 14);
        int second = 0;
        long micros = 0;
        if (length > 16) {
            if (length < 19 || b[from + 16] != ':') {
                return RowText.NOT_PLAIN;
            }
            second = two(b, from + 17);
        }
        if (length > 19) {
            int decimals = length - 20;
            if (b[from + 19] != '.' || decimals < 1 || decimals > 6) {
                return RowText.NOT_PLAIN;
            }
            for (int i = from + 20; i < end; i++) {
                if (b[i] < '0' || b[i] > '9') {
                    return RowText.NOT_PLAIN;
                }
                micros = 10 * micros + b[i] - '0';
            }
            micros *= TENS[6 - decimals];
        }
        // A digit that is none makes its pair negative, and with it the year.
        long seconds = RowText.micros(year, month, day, hour, minute, second);
        return seconds == RowText.NOT_PLAIN ? RowText.NOT_PLAIN : seconds + micros;
    }

    /** Two digits, or something negative. */
    private static int two(byte[] b, int at) {
        int tens = b[at] - '0';
        int ones = b[at + 1] - '0';
        return (tens | ones | 9 - tens | 9 - ones) < 0 ? -10_000 : 10 * tens + ones;
    }
}
