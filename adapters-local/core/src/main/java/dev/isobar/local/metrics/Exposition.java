package dev.isobar.local.metrics;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Metrics.Point;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The text exposition format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), of gauges. Stateless.
 */
final class Exposition {
    /** Timestamps of the format are milliseconds; ours are exact. */
    private static final String MICROS = "# isobar_micros ";

    private Exposition() {}

    static String write(SortedMap<Series, Point> points) {
        StringBuilder out = new StringBuilder();
        String name = "";
        for (Map.Entry<Series, Point> entry : points.entrySet()) {
            Point point = entry.getValue();
            if (!point.name().equals(name)) {
                name = point.name();
                out.append("# TYPE ").append(name).append(" gauge\n");
            }
            out.append(MICROS).append(point.micros()).append('\n').append(name);
            String separator = "{";
            for (Map.Entry<String, String> label : entry.getKey().labels().entrySet()) {
                out.append(separator).append(label.getKey()).append("=\"");
                escape(label.getValue(), out);
                out.append('"');
                separator = ",";
            }
            out.append(separator.equals(",") ? "} " : " ")
                    .append(point.value())
                    .append(' ')
                    .append(Math.floorDiv(point.micros(), 1000))
                    .append('\n');
        }
        return out.toString();
    }

    static List<Point> read(Path file, String text) {
        List<Point> points = new ArrayList<>();
        long micros = 0;
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            try {
                if (line.startsWith(MICROS)) {
                    micros = Long.parseLong(line.substring(MICROS.length()));
                } else if (!line.isEmpty() && !line.startsWith("#")) {
                    points.add(sample(line, micros));
                }
            } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
                throw IsobarException.of(
                                ErrorCode.CORRUPT,
                                "The metrics file " + file + " cannot be read at line " + number + ": " + line)
                        .resource(file.toString())
                        .hint("Remove the file; the next publish writes it again.")
                        .cause(e)
                        .build();
            }
        }
        return points;
    }

    private static Point sample(String line, long micros) {
        int brace = line.indexOf('{');
        int space = line.indexOf(' ');
        Map<String, String> labels = new TreeMap<>();
        int at;
        String name;
        if (brace >= 0 && brace < space) {
            name = line.substring(0, brace);
            at = brace;
            while (line.charAt(at) != '}') {
                int equals = line.indexOf('=', at);
                StringBuilder value = new StringBuilder();
                String label = line.substring(at + 1, equals);
                at = equals + 2;
                for (; line.charAt(at) != '"'; at++) {
                    char c = line.charAt(at);
                    if (c == '\\') {
                        c = line.charAt(++at);
                        c = c == 'n' ? '\n' : c;
                    }
                    value.append(c);
                }
                labels.put(label, value.toString());
                at++;
            }
            at += 2;
        } else {
            name = line.substring(0, space);
            at = space + 1;
        }
        int end = line.indexOf(' ', at);
        return new Point(name, Map.copyOf(labels), Double.parseDouble(line.substring(at, end)), micros);
    }

    private static void escape(String value, StringBuilder out) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '"' -> out.append("\\\"");
                case '\n' -> out.append("\\n");
                default -> out.append(c);
            }
        }
    }
}
