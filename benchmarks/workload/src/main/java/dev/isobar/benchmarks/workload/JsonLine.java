package dev.isobar.benchmarks.workload;

import java.util.LinkedHashMap;
import java.util.Map;

/** One flat JSON object on one line: enough to tell the driver a result without a library on every class path. Not thread safe. */
public final class JsonLine {
    private final Map<String, String> fields = new LinkedHashMap<>();

    /** Adds text. */
    public JsonLine put(String name, String value) {
        fields.put(name, quoted(value));
        return this;
    }

    /** Adds a whole number. */
    public JsonLine put(String name, long value) {
        fields.put(name, Long.toString(value));
        return this;
    }

    /** Adds a number; JSON has no NaN and no infinities. */
    public JsonLine put(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(name + " is " + value + ", which JSON cannot say");
        }
        fields.put(name, Double.toString(value));
        return this;
    }

    private static String quoted(String text) {
        StringBuilder b = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                b.append('\\').append(c);
            } else if (c < ' ') {
                b.append(String.format("\\u%04x", (int) c));
            } else {
                b.append(c);
            }
        }
        return b.append('"').toString();
    }

    @Override
    public String toString() {
        StringBuilder b = new StringBuilder("{");
        fields.forEach((name, value) -> b.append(b.length() == 1 ? "" : ",")
                .append(quoted(name))
                .append(':')
                .append(value));
        return b.append('}').toString();
    }
}
