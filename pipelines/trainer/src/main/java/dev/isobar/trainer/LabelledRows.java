package dev.isobar.trainer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The rows of a channel: the label first, then the features, NaN where a field was empty. Read in two passes over the bytes (count, then
 * parse) so that each array is allocated once, at its size.
 *
 * @param labels one per row, finite
 * @param values row after row, {@code columns} each
 */
record LabelledRows(float[] labels, float[] values, int columns) {
    private static final int BUFFER = 1 << 16;
    private static final int LONGEST_LINE = 1 << 20;
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    int rows() {
        return labels.length;
    }

    /**
     * Reads every {@code *.csv} below a folder, in order of path.
     *
     * @param channel the channel's name, for messages
     * @throws TrainingFailure naming file and line for anything that is not numbers in equal columns
     */
    static LabelledRows read(Path folder, String channel) {
        List<Path> files = files(folder, channel);
        long rows = 0;
        int columns = -1;
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                long[] shape = shape(in);
                rows += shape[0];
                if (columns < 0 && shape[0] > 0) {
                    columns = (int) shape[1];
                }
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }
        if (rows == 0) {
            throw new TrainingFailure(
                    "Channel '" + channel + "' holds no rows.", folder.toString(), "Give it at least one CSV line.");
        }
        if (columns < 1) {
            throw new TrainingFailure(
                    "The rows have a label and no feature.",
                    files.get(0) + ":1",
                    "Write the label first, then at least one feature, separated by commas.");
        }
        if (rows * columns > Integer.MAX_VALUE - 8L) {
            throw new TrainingFailure(
                    "Channel '" + channel + "' has " + rows + " rows of " + columns
                            + " features, more than 2^31 values.",
                    folder.toString(),
                    "Train on fewer rows or features.");
        }
        LabelledRows all = new LabelledRows(new float[(int) rows], new float[Math.toIntExact(rows * columns)], columns);
        int row = 0;
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                row = all.fill(in, file, row);
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }
        if (row != rows) {
            throw new TrainingFailure(
                    "Channel '" + channel + "' changed while it was read: " + rows + " rows, then " + row + ".",
                    folder.toString(),
                    "Train again when nothing writes there.");
        }
        return all;
    }

    private static List<Path> files(Path folder, String channel) {
        if (!Files.isDirectory(folder)) {
            throw new TrainingFailure(
                    "Channel '" + channel + "' is missing.",
                    folder.toString(),
                    "Fill that folder with *.csv, label first, no header.");
        }
        try (Stream<Path> walk = Files.walk(folder)) {
            List<Path> files = new ArrayList<>(
                    walk.filter(p -> Files.isRegularFile(p) && p.toString().endsWith(".csv"))
                            .sorted(Comparator.comparing(Path::toString))
                            .toList());
            if (files.isEmpty()) {
                throw new TrainingFailure(
                        "Channel '" + channel + "' holds no *.csv file.",
                        folder.toString(),
                        "Fill that folder with *.csv, label first, no header.");
            }
            return files;
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private static TrainingFailure unreadable(Path path, IOException e) {
        return new TrainingFailure("Reading failed: " + e + ".", path.toString(), "Check that path and the disk.", e);
    }

    /** Lines, and commas in the first of them. */
    private static long[] shape(InputStream in) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long lines = 0;
        long commas = 0;
        byte last = '\n';
        for (int n; (n = in.read(buffer)) > 0; ) {
            for (int i = 0; i < n; i++) {
                byte b = buffer[i];
                if (b == '\n') {
                    lines++;
                } else if (b == ',' && lines == 0) {
                    commas++;
                }
            }
            last = buffer[n - 1];
        }
        return new long[] {last == '\n' ? lines : lines + 1, commas};
    }

    private int fill(InputStream in, Path file, int firstRow) throws IOException {
        byte[] buffer = new byte[BUFFER];
        int from = 0;
        int to = 0;
        int row = firstRow;
        int line = 0;
        boolean end = false;
        while (true) {
            int newline = from;
            while (newline < to && buffer[newline] != '\n') {
                newline++;
            }
            if (newline == to && !end) {
                if (from > 0) {
                    System.arraycopy(buffer, from, buffer, 0, to - from);
                    to -= from;
                    from = 0;
                } else if (to == buffer.length) {
                    if (buffer.length >= LONGEST_LINE) {
                        throw new TrainingFailure(
                                "A line is longer than 1 MiB.", file + ":" + (line + 1), "Is this file CSV?");
                    }
                    buffer = Arrays.copyOf(buffer, buffer.length * 2);
                }
                int n = in.read(buffer, to, buffer.length - to);
                if (n < 0) {
                    end = true;
                } else {
                    to += n;
                }
                continue;
            }
            if (newline == to && from == to) {
                return row;
            }
            line++;
            if (row == labels.length) {
                return row + 1;
            }
            int stop = newline > from && buffer[newline - 1] == '\r' ? newline - 1 : newline;
            parse(buffer, from, stop, row++, file, line);
            from = Math.min(newline + 1, to);
        }
    }

    private void parse(byte[] b, int from, int to, int row, Path file, int line) {
        int column = -1;
        int start = from;
        int offset = row * columns;
        for (int i = from; i <= to; i++) {
            if (i < to && b[i] != ',') {
                continue;
            }
            if (column >= columns) {
                break;
            }
            float value = start == i ? Float.NaN : number(b, start, i, file, line, column);
            if (Float.isInfinite(value) || (column < 0 && Float.isNaN(value))) {
                throw new TrainingFailure(
                        column < 0 ? "The label is missing." : "Column " + (column + 1) + " is infinite.",
                        file + ":" + line,
                        column < 0
                                ? "Every row needs a finite label, first in the line."
                                : "Leave the field empty if the value is unknown; a value must be finite.");
            }
            if (column < 0) {
                labels[row] = value;
            } else {
                values[offset + column] = value;
            }
            column++;
            start = i + 1;
        }
        if (column != columns || start <= to) {
            int found = 1;
            for (int i = from; i < to; i++) {
                found += b[i] == ',' ? 1 : 0;
            }
            throw new TrainingFailure(
                    "The line has " + found + " fields, the first one of the channel has " + (columns + 1) + ".",
                    file + ":" + line,
                    "Give every line the label and the same features; a missing value is an empty field.");
        }
    }

    /**
     * Correctly rounded, as {@link Float#parseFloat}: up to 15 digits and a power of ten up to 22 make a correctly rounded double; rounding that to
     * float can only err when the double lies exactly between two floats, and then (as for anything unusual) the JDK decides.
     */
    private static float number(byte[] b, int from, int to, Path file, int line, int column) {
        int i = from;
        boolean negative = b[i] == '-';
        if (negative) {
            i++;
        }
        long digits = 0;
        int count = 0;
        int scale = 0;
        boolean plain = i < to;
        boolean point = false;
        boolean any = false;
        for (; i < to; i++) {
            int c = b[i];
            if (c >= '0' && c <= '9') {
                any = true;
                digits = digits * 10 + (c - '0');
                count += digits == 0 ? 0 : 1;
                scale -= point ? 1 : 0;
                if (count > 15) {
                    plain = false;
                    break;
                }
            } else if (c == '.' && !point) {
                point = true;
            } else {
                break;
            }
        }
        if (plain && i < to) {
            int exponent = 0;
            if ((b[i] == 'E' || b[i] == 'e') && i + 1 < to && to - i <= 4) {
                i++;
                boolean down = b[i] == '-';
                i += down ? 1 : 0;
                plain = i < to;
                for (; i < to; i++) {
                    plain &= b[i] >= '0' && b[i] <= '9';
                    exponent = exponent * 10 + (b[i] - '0');
                }
                scale += down ? -exponent : exponent;
            } else {
                plain = false;
            }
        }
        if (plain && any && digits == 0) {
            return negative ? -0f : 0f;
        }
        if (plain && count > 0 && scale >= -22 && scale <= 22) {
            double d = scale < 0 ? digits / POWERS[-scale] : digits * POWERS[scale];
            boolean midway = (Double.doubleToRawLongBits(d) & 0x1fffffffL) == 0x10000000L;
            if (!midway && d >= 0x1p-125 && d < 0x1p127) {
                return (float) (negative ? -d : d);
            }
        }
        String text = new String(b, from, to - from, StandardCharsets.ISO_8859_1);
        char last = text.charAt(text.length() - 1);
        try {
            // parseFloat also takes blanks, hexadecimal and a trailing f or d; CSV of numbers has none of them.
            if (((last >= '0' && last <= '9') || last == '.' || text.endsWith("NaN") || text.endsWith("Infinity"))
                    && text.charAt(0) > ' '
                    && text.indexOf('x') < 0
                    && text.indexOf('X') < 0) {
                return Float.parseFloat(text);
            }
        } catch (NumberFormatException e) {
            throw notNumber(text, file, line, column, e);
        }
        throw notNumber(text, file, line, column, null);
    }

    private static TrainingFailure notNumber(
            String text, Path file, int line, int column, @org.jspecify.annotations.Nullable Throwable cause) {
        String shown = (text.length() <= 40 ? text : text.substring(0, 37) + "...").replaceAll("[^\\x20-\\x7e]", "?");
        TrainingFailure failure = new TrainingFailure(
                (column < 0 ? "The label" : "Column " + (column + 1)) + " is '" + shown + "', not a number.",
                file + ":" + line,
                line == 1 ? "There must be no header; label first, then features." : "Correct or remove that line.");
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }
}
